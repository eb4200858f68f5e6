import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestUri, signatureUri } from '../../src/signature/algorithms.ts';
import { dsNamespace } from '../../src/smev/namespaces.ts';
import type { Template } from '../../src/smev/template.ts';
import { envelopeText } from '../../src/soap/envelope.ts';
import { exclusive } from '../../src/xml/canonicalize.ts';

export type Hash = 'sha256' | 'sha384' | 'sha512';

/** Where an Id stands, in the words of xmlsec1's --id-attr. */
export interface IdPlace {
  readonly namespace: string;
  readonly element: string;
}

/** Prints why and skips the test where xmlsec1 is not installed. */
export function needXmlsec1(context: Mocha.Context): void {
  if (spawnSync('xmlsec1', ['--version']).status === 0) return;
  process.stdout.write('SKIPPED: xmlsec1: install the Debian package xmlsec1\n');
  context.skip();
}

/** What a document that another tool signs must hold in the place of the signature. */
export function unsignedSignature(
  id: string,
  kind: 'rsa' | 'ec',
  signatureHash: Hash = 'sha256',
  digestHash: Hash = signatureHash,
): string {
  return (
    `<ds:Signature xmlns:ds="${dsNamespace}"><ds:SignedInfo>` +
    `<ds:CanonicalizationMethod Algorithm="${exclusive}"/>` +
    `<ds:SignatureMethod Algorithm="${signatureUri(kind, signatureHash)}"/>` +
    `<ds:Reference URI="#${id}"><ds:Transforms><ds:Transform Algorithm="${exclusive}"/>` +
    `</ds:Transforms><ds:DigestMethod Algorithm="${digestUri(digestHash)}"/><ds:DigestValue/>` +
    '</ds:Reference></ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data>' +
    '<ds:X509Certificate/></ds:X509Data></ds:KeyInfo></ds:Signature>'
  );
}

/** The envelope of a call with an unsigned signature in its place. */
export function unsignedEnvelope({ before, after }: Template, signature: string): string {
  return envelopeText(before + signature + after);
}

/**
 * Signs the first template of a document.
 *
 * @throws Error with what xmlsec1 said
 */
export function xmlsec1Sign(text: string, key: string, certificate: string, id: IdPlace): string {
  const { status, stdout, stderr } = run(
    ['--sign', ...idAttributes([id]), '--privkey-pem', `${key},${certificate}`],
    text,
  );
  if (status !== 0) throw new Error(`xmlsec1 does not sign:\n${stderr}`);
  return stdout;
}

/**
 * Whether xmlsec1 finds the signature at the XPath good. It trusts the key of this certificate and
 * believes nothing of KeyInfo.
 */
export function xmlsec1Verifies(
  text: string,
  xpath: string,
  certificate: string,
  ids: readonly IdPlace[],
): { good: boolean; said: string } {
  const { status, stderr } = run(
    [
      ...['--verify', ...idAttributes(ids), '--pubkey-cert-pem', certificate],
      ...['--enabled-key-data', 'key-name', '--node-xpath', xpath],
    ],
    text,
  );
  return { good: status === 0, said: stderr };
}

function idAttributes(ids: readonly IdPlace[]): string[] {
  return ids.flatMap(({ namespace, element }) => ['--id-attr:Id', `${namespace}:${element}`]);
}

function run(args: readonly string[], text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'mezhved-xmlsec1-'));
  try {
    const file = join(folder, 'document.xml');
    writeFileSync(file, text);
    return spawnSync('xmlsec1', [...args, file], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
