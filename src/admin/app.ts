import express, { type Express } from 'express';
import { type Health, harden, healthRoutes } from '../http/health.ts';

export interface AdminFace {
  readonly health: Health;
  /** Metrics in the text format of Prometheus. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** The admin port: health and metrics; it is not for the outside. */
export function adminApp(face: AdminFace): Express {
  const app = express();
  harden(app);
  app.use(healthRoutes(face.health));
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await face.metrics();
    response.setHeader('Content-Type', contentType);
    response.end(text);
  });
  return app;
}
