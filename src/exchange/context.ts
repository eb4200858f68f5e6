import type { FileCheck } from '../attachments/check.ts';
import type { Digester } from '../attachments/digester.ts';
import type { FileStore } from '../attachments/file-store.ts';
import type { UploadArea } from '../attachments/upload.ts';
import type { Clock } from '../clock.ts';
import type { DigestedFile, FileSigner } from '../compute/claimed-files.ts';
import type { Composed, Order } from '../compute/compose.ts';
import type { Judgement, Posted } from '../compute/judge.ts';
import type { Opinion, Question } from '../compute/judge-again.ts';
import type { Kept } from '../compute/kept.ts';
import type { Extracted, Made, Making } from '../compute/make.ts';
import type { FileSigning, SignedFiles } from '../compute/sign-files.ts';
import type { Config } from '../config/table.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Registry } from '../participants/registry.ts';
import type { ContentHash } from '../pki/signature-algorithms.ts';
import type { DeliveryQueue } from '../queue/queue.ts';
import type { ProfileName } from '../signature/profiles.ts';
import type { Party } from '../smev/metadata.ts';
import type { Database } from '../store/database.ts';
import type { Pressure } from './pressure.ts';
import type { VersionTally } from './version-tally.ts';

/** What the story of a message works with; src/server/composed.ts puts it together. */
export interface ExchangeContext {
  readonly limits: Config['limits'];
  readonly attachments: Config['attachments'];
  /** Name of this node's chain in the journal. */
  readonly nodeId: string;
  /** The node as the sender of what it says itself. */
  readonly self: Party;
  readonly clock: Clock;
  /** That many random bytes, fit for secrets. */
  readonly random: (bytes: number) => Buffer;
  readonly compute: {
    judge(posted: Posted): Promise<Judgement>;
    compose(order: Order): Promise<Composed>;
    make(making: Making): Promise<Made>;
    extract(kept: Kept): Promise<Extracted>;
    verifyFiles(files: readonly DigestedFile[]): Promise<FileSigner[]>;
    fileHash(profile: ProfileName, at: number): Promise<ContentHash>;
    signFiles(signing: FileSigning): Promise<SignedFiles>;
  };
  /** The second verifier, on threads of its own. */
  readonly opinions: {
    ask(question: Question): Promise<Opinion>;
  };
  readonly database: Database;
  /** Octets of attachments. */
  readonly files: FileStore;
  readonly uploads: UploadArea;
  readonly digester: Pick<Digester, 'begin'>;
  /** What operators have each file checked by; undefined where by nothing. */
  readonly checkFile: FileCheck | undefined;
  readonly journal: JournalWriter;
  /** The registry of this moment; one message sees one of them. */
  readonly registry: () => Registry;
  readonly queue: Pick<DeliveryQueue, 'enqueue'>;
  /** What versions that may roll back by themselves said of messages. */
  readonly versionTally: VersionTally;
  /** Whether there is room for more. */
  readonly pressure: Pressure;
  readonly log: Log;
  readonly metrics: Metrics;
}
