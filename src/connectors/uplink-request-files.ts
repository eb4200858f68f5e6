import type { Part } from '../attachments/parts.ts';
import { attachmentWord, type CallFiles } from '../smev/file-texts.ts';
import type { GivenFault } from '../smev/given.ts';
import type { GivenFiles } from '../smev/given-files.ts';
import { ArrivingFiles } from './arriving-files.ts';
import type { ConnectorFailure } from './failure.ts';
import { FilesRefused, filesRefused } from './files-refused.ts';
import { accessTo, filesBeside, type HandedOver, partName } from './smev-files.ts';
import type { NodeFiles } from './uplink-node.ts';
import { UplinkUploads } from './uplink-uploads.ts';
import type { StoreSettings } from './upstream-store.ts';

/** The files of an upstream's request in the hands of this node, for which its message may be sent. */
export interface BroughtFiles {
  readonly files: CallFiles;
  readonly parts: readonly Part[];
  /** Nothing stays of what the node has not taken; harmless to what it has. */
  discard(): Promise<void>;
}

export const noFiles: BroughtFiles = { files: {}, parts: [], discard: async () => undefined };

/**
 * Brings attached files into the node's store, and those of the upstream's store into the account of
 * the uplink's system. Nothing of them is in memory.
 *
 * @param account id of that system
 * @throws ConnectorFailure; nothing of the files stays then
 */
export async function bringFiles(
  settings: StoreSettings,
  node: NodeFiles,
  account: string,
  handed: HandedOver,
  signal: AbortSignal,
): Promise<BroughtFiles> {
  const arriving = new ArrivingFiles(node.desk);
  const uploads = new UplinkUploads(node, account);
  const discard = async () => {
    await Promise.all([arriving.discard(), handed.multipart.discard(), uploads.discard()]);
  };
  try {
    checkSigned(settings, node, handed);
    const beside = [...(await filesBeside(handed, arriving)), ...arriving.files];
    for (const header of handed.files.headers.stored) {
      await uploads.place(settings, header, accessTo(header, handed.files), signal);
    }
    return { ...calledAs(handed, beside), discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** What the headers alone say. @throws FilesRefused */
function checkSigned(
  { fileStore }: StoreSettings,
  { desk }: NodeFiles,
  { files: { headers } }: HandedOver,
): void {
  const { attached, stored } = headers;
  if (attached.length + stored.length > desk.filesMax) {
    const why = { ru: `файлов больше ${desk.filesMax}`, en: `more than ${desk.filesMax} files` };
    throw filesRefused(why, true);
  }
  if (stored.length > 0 && fileStore === undefined) {
    const ru = 'файлы хранилища не передаются';
    const advice = 'set fileStore of the uplink';
    throw filesRefused({ ru, en: 'files of the store are not carried' }, true, advice);
  }
}

function calledAs(
  { files: { headers, access } }: HandedOver,
  beside: readonly Part[],
): Pick<BroughtFiles, 'files' | 'parts'> {
  const parts = beside.map((part, index) => ({ ...part, contentId: partName(index) }));
  const attached = headers.attached.map(({ contentId, mimeType, signature }) => ({
    contentId,
    mimeType,
    ...(signature === undefined ? {} : { signature }),
    content: { part: partName(beside.findIndex((each) => each.contentId === contentId)) },
  }));
  const stored = headers.stored.map(({ uuid, hash, mimeType, signature }) => {
    const fileName = access.find((each) => each.uuid === uuid)?.fileName;
    return {
      ...{ uuid, hash, mimeType },
      ...(fileName === undefined ? {} : { fileName }),
      ...(signature === undefined ? {} : { signature }),
    };
  });
  return { files: { attached, stored }, parts };
}

/**
 * What whoever sent the request is told of its files; undefined where something else broke, such as a
 * connection, and another try may help.
 */
export function refusalOf(error: ConnectorFailure): FilesRefused | undefined {
  if (error instanceof FilesRefused) return error;
  switch (error.code) {
    case 'ANSWER_TOO_LARGE': {
      const ru = 'файлы больше допустимого';
      return filesRefused({ ru, en: 'the files are larger than allowed' }, false, error.message);
    }
    case 'ANSWER_BROKEN':
    case 'AGENCY_ERROR':
    case 'REFUSED': {
      const ru = 'файлы не удалось получить';
      return filesRefused({ ru, en: 'the files could not be had' }, false, error.message);
    }
    default:
      return undefined;
  }
}

// Codes of this node for what the octets of attached files say, which nothing signed covers, and for
// uploads that another process has taken in the meantime.
const ofOctets: readonly string[] = [
  ...['ATTACHMENTS_DISAGREE', 'ATTACHMENTS_TOO_LARGE'],
  ...['ATTACHMENT_TYPE', 'ATTACHMENT_SIGNATURE_INVALID'],
];
const ofUploads: readonly string[] = ['FILE_NOT_UPLOADED', 'FILE_HASH_DIFFERS'];

/** A refusal of this node's as one of the files; undefined where it is of something else. */
export function fileRefusal(
  { code = '', element, text }: GivenFault,
  { headers }: GivenFiles,
): FilesRefused | undefined {
  const isOfOctets = ofOctets.includes(code);
  const isOfUploads = ofUploads.includes(code);
  const isOfSigner =
    element === 'SignatureVerificationFault' && text.includes(`${attachmentWord} «`);
  const isMissing = code === 'ATTACHMENT_SIGNATURE_MISSING';
  if (!isOfOctets && !isOfUploads && !isOfSigner && !isMissing) return undefined;
  const mayBeAltered = isOfOctets && headers.attached.length > 0;
  return new FilesRefused(text, code, !mayBeAltered && !isOfUploads);
}
