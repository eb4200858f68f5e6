import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Kinds of key as OpenSSL's GOST engine calls them. */
export type GostKind = 'gost2001' | 'gost2012_256' | 'gost2012_512';

/** Prints why and skips the test where OpenSSL has no GOST engine. */
export function needGostOpenssl(context: Mocha.Context): void {
  if (spawnSync('openssl', ['engine', 'gost'], { timeout: 30_000 }).status === 0) return;
  process.stdout.write(
    'SKIPPED: GOST in OpenSSL: install the Debian packages openssl libengine-gost-openssl\n',
  );
  context.skip();
}

/**
 * A key (PEM, PKCS#8) and its own certificate, valid for a day from now, made by OpenSSL.
 *
 * @param paramset the curve in the engine's words: A, B, C, TCA …
 */
export function gostPair(kind: GostKind, paramset = 'A'): { key: string; certificate: string } {
  const folder = mkdtempSync(join(tmpdir(), 'mezhved-gost-'));
  try {
    const key = join(folder, 'key.pem');
    const certificate = join(folder, 'crt.pem');
    const { status, stderr } = spawnSync(
      'openssl',
      [
        ...['req', '-engine', 'gost', '-x509', '-newkey', kind, '-pkeyopt', `paramset:${paramset}`],
        ...['-nodes', '-days', '1', '-subj', '/CN=test', '-keyout', key, '-out', certificate],
      ],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`openssl makes no key:\n${stderr}`);
    return { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
