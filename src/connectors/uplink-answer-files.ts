import type { AttachmentContent, AttachmentHeader } from '../smev/attachments.ts';
import type { GivenFiles } from '../smev/given-files.ts';
import { ConnectorFailure } from './failure.ts';
import type { SendableFile } from './smev-files.ts';
import type { NodeFile, NodePart } from './uplink-node.ts';

/** The files of an answer as this node handed them over. */
export interface AnswerFiles {
  readonly files: GivenFiles;
  readonly contents: readonly AttachmentContent[];
  readonly parts: readonly NodePart[];
  /** In this node's store. */
  readonly stored: readonly NodeFile[];
}

/**
 * The files of an answer on their way upstream: read from this node's store, with the signatures that
 * its headers have.
 *
 * @throws ConnectorFailure NODE_ERROR where the node has one no more
 */
export function answerFiles({ files, contents, parts, stored }: AnswerFiles): SendableFile[] {
  const { headers } = files;
  return [
    ...headers.attached.map((header) => attachedFile(header, contents, parts)),
    ...headers.stored.map(({ uuid, mimeType, hash, signature }): SendableFile => {
      const file = stored.find(({ name }) => name === uuid);
      if (file === undefined) throw gone(uuid);
      return {
        ...file,
        place: 'stored',
        mimeType,
        hash,
        signature,
        open: (from) => file.open(from),
      };
    }),
  ];
}

function attachedFile(
  { contentId: name, mimeType, signature }: AttachmentHeader,
  contents: readonly AttachmentContent[],
  parts: readonly NodePart[],
): SendableFile {
  // Inside the process every attached file comes as a part.
  const content = contents.find(({ id }) => id === name);
  const part =
    content !== undefined && 'part' in content
      ? parts.find(({ contentId }) => contentId === content.part)
      : undefined;
  if (part === undefined) throw gone(name);
  return {
    ...{ place: 'attached', name, mimeType, signature, fileName: undefined, hash: undefined },
    size: part.size,
    open: () => part.open(),
  };
}

function gone(name: string): ConnectorFailure {
  return new ConnectorFailure('NODE_ERROR', `file ${name.slice(0, 100)} is here no more`);
}
