// What operators declare: who takes part, what is exchanged, who is trusted, what the node signs with.

export interface ParticipantTable {
  id: string;
  name: string;
}

export interface InformationSystemTable {
  id: string;
  participant: string;
  position: number;
  /** scrypt hash of the password of its account in the file store; null where it has none. */
  upload_password: string | null;
}

/** From when until when something counts by an operator's word: ms UTC, null for no bound. */
export interface WindowColumns {
  from_at: number | null;
  until_at: number | null;
}

export interface CertificateTable extends WindowColumns {
  /** SHA-256 of the DER, lower-case hex. */
  fingerprint: string;
  system: string;
  der: Uint8Array;
}

export interface MessageTypeTable {
  id: string;
  name: string;
  /** JSON arrays of participant ids. */
  senders: string;
  providers: string;
  /** JSON of the route. */
  route: string;
  /** Share of the messages that a second verifier judges too: 0 none, 1 all. */
  second_opinion: number;
  /** 'optional' or 'required'. */
  personal_signature: string;
  /** JSON array of participant ids. */
  schema_signers: string;
  /** JSON of what the type allows of files. */
  attachments: string;
}

export interface MessageTypeVersionTable {
  message_type: string;
  /** Its name; null where its namespace gives it. */
  version: string | null;
  namespace: string;
  request_root: string;
  response_root: string;
  /** JSON: [{ name, hash }] of the schema files, the main one first; bytes are in content. */
  schemas: string;
  position: number;
}

/** A version that a partner brought and that was admitted. It never changes. */
export interface SchemaVersionTable {
  message_type: string;
  version: string;
  namespace: string;
  request_root: string;
  response_root: string;
  /** As in message_type_version. */
  schemas: string;
  admitted_at: number;
  /** Fingerprint of the certificate that signed the package; null where none did. */
  signer: string | null;
}

/** When a version counts by an operator's word. Without one: always where declared, never where admitted. */
export interface SchemaTurnTable extends WindowColumns {
  message_type: string;
  version: string;
  /** JSON: [{ version, until }], what it ended and when that would have ended without it. */
  ended: string;
  /** It is rolled back where this share of its messages is refused, 0 to 1; null: never by itself. */
  rollback_share: number | null;
  /** Not before it was asked to judge this many. */
  rollback_least: number;
  /** Messages that it judged since it began. */
  taken: number;
  refused: number;
}

/** The one version of a type that counts for a system. */
export interface SchemaPinTable {
  message_type: string;
  system: string;
  version: string;
}

export interface TrustAnchorTable extends WindowColumns {
  id: string;
  der: Uint8Array;
}

/** An authority between an anchor and others. */
export type IntermediateTable = TrustAnchorTable;

/** A signing key of the node. It signs from `from_at` on, never where that is null. */
export interface NodeKeyTable extends WindowColumns {
  /** SHA-256 of the public key (SubjectPublicKeyInfo), lower-case hex. */
  id: string;
  /** 'rsa', 'ec', 'gost2012-256' or 'gost2012-512'. */
  kind: string;
  /** 'messages', 'journal', or one service: 'smev-1.2'. */
  purpose: string;
  /** DER; null until its certificate has come. */
  certificate: Uint8Array | null;
  /** EncryptedPrivateKeyInfo; null of a key in a token, and once the private half was erased. */
  sealed: Uint8Array | null;
  /** URI (RFC 7512) of a key in a token. */
  token: string | null;
  made_at: number;
}

/** One row: the number of the last change of what operators declare. */
export interface RevisionTable {
  id: number;
  revision: number;
}
