import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gostDigest } from '../../src/gost/digest.ts';
import type { StoredCall } from '../../src/smev/file-texts.ts';
import { type Agency, freshMessageId, type SandboxKind, textAt } from './client.ts';
import { signatureOf } from './files.ts';

/** Runs curl to its end. @throws Error with its exit code as `code` */
export async function curl(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-g', ...words]);
  return stdout;
}

/** What curl is told to upload, or with -C - to go on with it. */
export function uploadWords(
  storeUrl: string,
  agency: Agency,
  file: string,
  { uuid, name }: { readonly uuid: string; readonly name: string },
): string[] {
  const url = `${storeUrl}/${uuid}/${encodeURIComponent(name)}`;
  return ['-u', `${agency}:${agency}-files`, '--ftp-create-dirs', '-T', file, url];
}

/** What a header says of a file that was uploaded, or will be. */
export function storedCall(
  agency: Agency,
  kind: SandboxKind,
  octets: Uint8Array,
  uuid = freshMessageId(),
): StoredCall {
  return {
    uuid,
    hash: gostDigest('streebog256', octets),
    mimeType: 'application/octet-stream',
    signature: signatureOf(agency, kind, octets),
  };
}

export interface Access {
  readonly user: string;
  readonly password: string;
  readonly uuid: string;
  readonly name: string;
}

/** Name, password and place of the file that a polled request gives access to; undefined where there is none. */
export function accessIn(text: string): Access | undefined {
  const path = ['RequestMessage', 'Request', 'FSAttachmentsList', 'FSAttachment'];
  const at = (name: string) => textAt(text, ...path, name) ?? '';
  const uuid = at('uuid');
  if (uuid === '') return undefined;
  return { user: at('UserName'), password: at('Password'), uuid, name: at('FileName') };
}

/** What curl is told to download into this file, or with -C - to go on with it. */
export function downloadWords(
  storeUrl: string,
  { user, password, uuid, name }: Access,
  file: string,
): string[] {
  const url = `${storeUrl}/${uuid}/${encodeURIComponent(name)}`;
  return ['-u', `${user}:${password}`, '-o', file, url];
}
