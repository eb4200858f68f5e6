import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { SandboxKind } from './client.ts';
import { GostOpenssl, gostEngine } from './gost-engine.ts';
import { checkout } from './node.ts';

/**
 * What OpenSSL says of a detached signature over a file, by the sandbox authority of that kind; GOST needs
 * its engine.
 *
 * @returns undefined where OpenSSL has no such algorithms here
 */
export function opensslVerifies(
  signature: string,
  content: string,
  kind: SandboxKind,
): { readonly good: boolean; readonly said: string } | undefined {
  const authority = join(
    checkout,
    'certs.example',
    `ca${kind === 'rsa' ? '' : `-${kind}`}.crt.pem`,
  );
  const words = [
    ...['cms', '-verify', '-binary', '-inform', 'DER', '-in', signature, '-content', content],
    ...['-CAfile', authority, '-purpose', 'any', '-out', '/dev/null'],
  ];
  if (kind === 'rsa' || kind === 'ec') {
    const { status, stderr } = spawnSync('openssl', words, { encoding: 'utf8' });
    return { good: status === 0, said: stderr };
  }
  const engine = gostEngine();
  if (engine === undefined) return undefined;
  const openssl = new GostOpenssl(engine);
  try {
    return openssl.ask(...words);
  } finally {
    openssl.end();
  }
}
