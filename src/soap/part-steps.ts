import { type MultipartLimits, MultipartReader } from './multipart-reader.ts';
import type { PartHeaders } from './part-headers.ts';

/** What happens to the parts of a multipart body, in its order. */
export type PartStep =
  | { readonly begin: PartHeaders }
  | { readonly data: Uint8Array }
  | { readonly end: true };

/**
 * The steps of a body that arrives: the next chunk is read once those of this one were taken.
 *
 * @throws MultipartError, and what `body` throws
 */
export async function* partSteps(
  body: AsyncIterable<Uint8Array>,
  boundary: string | undefined,
  limits: MultipartLimits,
): AsyncGenerator<PartStep> {
  const steps: PartStep[] = [];
  const reader = new MultipartReader(boundary, limits, {
    part: (headers) => steps.push({ begin: headers }),
    data: (data) => steps.push({ data }),
    partEnd: () => steps.push({ end: true }),
  });
  for await (const chunk of body) {
    reader.push(chunk);
    yield* steps.splice(0);
  }
  reader.end();
  yield* steps;
}
