import { Readable } from 'node:stream';

/**
 * The octets of an answer as they come, whose failure is told in the store's own words. To destroy it
 * ends the connection.
 */
export class S3Octets extends Readable {
  readonly #body: Readable;

  /** @param failure makes of an error of the connection what readers are told */
  constructor(body: Readable, failure: (error: unknown) => Error) {
    super({ highWaterMark: 64 * 1024 });
    this.#body = body;
    body.on('data', (chunk: Uint8Array) => {
      if (!this.push(chunk)) body.pause();
    });
    body.on('end', () => this.push(null));
    body.on('error', (error) => this.destroy(failure(error)));
    body.pause();
  }

  override _read(): void {
    this.#body.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#body.destroy();
    done(error);
  }
}
