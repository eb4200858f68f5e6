/** How a batch of messages went. */
export interface Outcome {
  readonly sent: number;
  readonly failed: number;
  readonly seconds: number;
}

/** Posts every message once, with so many in flight, over kept-alive connections. */
export async function load(
  url: string,
  messages: readonly string[],
  inFlight: number,
): Promise<Outcome> {
  let next = 0;
  let failed = 0;
  const started = performance.now();
  const worker = async () => {
    for (let index = next++; index < messages.length; index = next++) {
      const response = await fetch(url, {
        method: 'POST',
        body: messages[index] as string,
        headers: { 'Content-Type': 'text/xml; charset=utf-8', SOAPAction: '"urn:SendRequest"' },
      });
      const text = await response.text();
      if (response.status !== 200 || !text.includes('SendRequestResponse')) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { sent: messages.length, failed, seconds: (performance.now() - started) / 1000 };
}
