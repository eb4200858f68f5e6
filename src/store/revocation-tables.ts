/** The latest list of each issuer. Times are ms UTC. */
export interface RevocationListTable {
  /** SHA-256 of the issuer's name and key identifier, lower-case hex. */
  issuer: string;
  der: Uint8Array;
  this_update: number;
  next_update: number | null;
}

/** The latest OCSP answer about each certificate. Times are ms UTC. */
export interface OcspAnswerTable {
  /** SHA-256 of the certificate's DER, lower-case hex. */
  fingerprint: string;
  der: Uint8Array;
  this_update: number;
  next_update: number | null;
}

/** When the node last asked for a list or an answer, ms UTC. */
export interface RevocationQuestionTable {
  /** SHA-256 of what was asked, lower-case hex. */
  id: string;
  /** Whom, such as ocsp.example:8080. */
  host: string;
  asked_at: number;
  /** When it last got what it asked for; null for never. */
  answered_at: number | null;
  /** How often in a row it did not. */
  failures: number;
  /** What stood in the way the last time; null where nothing did. */
  why: string | null;
}
