import { type Express, Router } from 'express';

/** What the node knows of its own state. */
export interface Health {
  /** Each thing the node needs, by name, and whether it answers. */
  check(): Promise<Readonly<Record<string, boolean>>>;
  /** What is worth a look and keeps the node from taking no message. */
  remarks?(): Promise<Readonly<Record<string, boolean | number>>>;
}

/** GET /health/live: the process answers. GET /health/ready: it can take a message now. */
export function healthRoutes(health: Health): Router {
  const routes = Router();
  routes.get('/health/live', (_request, response) => {
    response.json({ status: 'live' });
  });
  routes.get('/health/ready', async (_request, response) => {
    const checks = await health.check();
    const ready = Object.values(checks).every(Boolean);
    const remarks = await health.remarks?.();
    const status = ready ? 'ready' : 'not ready';
    response.status(ready ? 200 : 503).json({ status, checks, ...(remarks && { remarks }) });
  });
  return routes;
}

/** Settings that every Express application of the node shares. */
export function harden(app: Express): void {
  // What is thrown is told to nobody outside, whatever NODE_ENV says.
  app.set('env', 'production');
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
}
