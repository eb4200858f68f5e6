import type { Generated } from 'kysely';
import type {
  CertificateTable,
  InformationSystemTable,
  IntermediateTable,
  MessageTypeTable,
  MessageTypeVersionTable,
  NodeKeyTable,
  ParticipantTable,
  RevisionTable,
  SchemaPinTable,
  SchemaTurnTable,
  SchemaVersionTable,
  TrustAnchorTable,
} from './declared-tables.ts';
import type {
  OcspAnswerTable,
  RevocationListTable,
  RevocationQuestionTable,
} from './revocation-tables.ts';

// Portable SQL on SQLite and PostgreSQL: times are integers (ms UTC), booleans 0 or 1, JSON is text,
// bytes are BLOB or BYTEA, hashes are lower-case hex of SHA-256.

/** Exact bytes, once each, by their hash. */
export interface ContentTable {
  hash: string;
  size: number;
  bytes: Uint8Array;
}

/** The end of a chain of the journal as the node signed it. */
export interface JournalCheckpointTable {
  node: string;
  sequence: number;
  /** The text that was signed, with all that stands here. */
  statement: string;
  /** Detached PKCS#7, DER. */
  signature: Uint8Array;
}

/** One request with all that follows from it. */
export interface ExchangeTable {
  id: string;
  /** MessageID of the request. */
  message_id: string;
  message_type: string;
  version: string;
  /** Version of the message type that the request was taken by; null of older ones. */
  type_version: string | null;
  sender: string;
  sender_system: string;
  recipient: string;
  /** The information system whose queue takes the request; null where a connector does. */
  recipient_system: string | null;
  /** A value of InteractionStatusType of SMEV 1.3. */
  status: string;
  /** The opaque ReplyTo: random, looked up, never parsed. */
  reply_to: string;
  reference_message_id: string | null;
  transaction_code: string | null;
  /** The sender's NodeID: its answers go into that queue. '' where none was given. */
  node_id: string;
  eol: number | null;
  test: number;
  /** 1 once the final answer was accepted. */
  answered: number;
  received_at: number;
  updated_at: number;
}

/** One message accepted from a participant, or made by the node in a participant's stead. */
export interface MessageTable {
  message_id: string;
  exchange_id: string;
  /** 'request', 'response' (with content), 'rejection', 'status' or 'async'. */
  kind: string;
  version: string;
  message_type: string;
  sender: string;
  /** null where the node or a connector made the message. */
  sender_system: string | null;
  certificate: string | null;
  /** SHA-256 of the octets that the sender's digest covered, without what a PrefixList adds. */
  verified_hash: string;
  /** Name of the signature profile whose transforms gave those octets. */
  profile: string;
  /** content.hash of the envelope as it came. */
  envelope_hash: string;
  /** content.hash of the signed acknowledgement; null where nobody was answered. */
  answer_hash: string | null;
  accepted_at: number;
}

/** A message in the incoming queue of its receiver; the row number is its place. */
export interface QueueItemTable {
  id: Generated<number>;
  /** 'request', 'response' or 'status'. */
  queue: string;
  system: string;
  node_id: string;
  message_type: string;
  message_id: string;
  exchange_id: string;
  /** 'waiting', 'leased', 'done' or 'dropped'. */
  state: string;
  lease_until: number | null;
  leases: number;
  enqueued_at: number;
  finished_at: number | null;
  /** JSON of what a status notice says; null for messages. */
  notice: string | null;
}

/** An exchange that a connector carries to its agency. */
export interface DeliveryTable {
  exchange_id: string;
  /** The route: one slow agency holds up no other. */
  lane: string;
  /** 'due', 'running', 'done' or 'dead'. */
  state: string;
  /** When it is due; of what has ended, when it did. */
  due_at: number;
  /** A running attempt is given up at this time and becomes due again. */
  running_until: number | null;
  /** Attempts begun; what names a claim. */
  attempts: number;
  /** JSON of the last cause: code and private text. */
  cause: string | null;
  /** The information system that waits for the answer. */
  sender: string;
  /** Its place in the lane: the senders of a lane take turns. */
  turn: number;
  /** Failed attempts since the last that did not fail. */
  failures: number;
  /** What the agency gave for the request when it took it to answer later. */
  ticket: string | null;
}

/** How a lane fares, as all processes see it. */
export interface LaneTable {
  name: string;
  /** Attempts in a row that found the agency down. */
  failures: number;
  /** Nothing goes to the agency before; 0 where nothing is in the way. */
  open_until: number;
}

/** Work that one process does at a time. */
export interface DutyTable {
  name: string;
  held_until: number;
}

/** A request that an uplink took from an upstream node, with where its answer goes. */
export interface UplinkRequestTable {
  message_id: string;
  uplink: string;
  reply_to: string;
  taken_at: number;
}

/** A file of a message; its octets are in the file store. */
export interface AttachmentTable {
  message_id: string;
  /** Its place in the message, from 0. */
  position: number;
  message_type: string;
  /** 'attached' (came with the message) or 'stored' (was uploaded before it). */
  place: string;
  /** contentId of an attached file, uuid of a stored one. */
  name: string;
  /** Of a stored file. */
  file_name: string | null;
  mime_type: string;
  /** Key in the file store. */
  file_key: string;
  size: number;
  sha256: string;
  /** Fingerprint of the certificate that signed the file; null where it is not signed. */
  signer: string | null;
  /** How long the octets are kept once nobody waits for them. */
  keep_ms: number;
  /** When the octets may go; null while a receiver may still fetch them. */
  wipe_at: number | null;
  /** When they went. */
  wiped_at: number | null;
}

/** A name and password of the file store that one delivery of a message gave to its receiver. */
export interface StoreAccessTable {
  user_name: string;
  /** SHA-256 of the password, which is random and long. */
  password_hash: string;
  message_id: string;
  given_at: number;
}

export interface JournalChainTable {
  node: string;
  sequence: number;
  hash: string;
}

export interface JournalEntryTable {
  id: string;
  node: string;
  sequence: number;
  /** Version of the entry's written format. */
  format: number;
  at: number;
  kind: string;
  protocol: string | null;
  version: string | null;
  system: string | null;
  message_type: string | null;
  certificate: string | null;
  exchange_id: string | null;
  message_id: string | null;
  correlation_id: string | null;
  content_hash: string | null;
  content_size: number | null;
  verdict: string;
  /** JSON, small: what the kind of entry adds. */
  detail: string | null;
  previous_hash: string;
  hash: string;
}

/** The last that was told of one end by one way. Times are ms UTC. */
export interface WarningTable {
  /** 'log', 'webhook' or 'email'. */
  way: string;
  /** What ends. */
  what: string;
  /** Of a certificate its fingerprint, of a list a hash of its signature. */
  id: string;
  ends_at: number;
  /** The threshold that was told: ms before the end, 0 for the end itself. */
  threshold: number;
  told_at: number;
}

export interface Tables {
  content: ContentTable;
  exchange: ExchangeTable;
  message: MessageTable;
  queue_item: QueueItemTable;
  delivery: DeliveryTable;
  lane: LaneTable;
  duty: DutyTable;
  uplink_request: UplinkRequestTable;
  attachment: AttachmentTable;
  store_access: StoreAccessTable;
  journal_checkpoint: JournalCheckpointTable;
  journal_chain: JournalChainTable;
  journal_entry: JournalEntryTable;
  participant: ParticipantTable;
  information_system: InformationSystemTable;
  certificate: CertificateTable;
  message_type: MessageTypeTable;
  message_type_version: MessageTypeVersionTable;
  schema_version: SchemaVersionTable;
  schema_turn: SchemaTurnTable;
  schema_pin: SchemaPinTable;
  trust_anchor: TrustAnchorTable;
  intermediate: IntermediateTable;
  revocation_list: RevocationListTable;
  ocsp_answer: OcspAnswerTable;
  revocation_question: RevocationQuestionTable;
  node_key: NodeKeyTable;
  revision: RevisionTable;
  warning: WarningTable;
}
