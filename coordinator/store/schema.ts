import type { Generated } from 'kysely';

/** Rows as SQLite keeps them. Times are milliseconds since the Unix epoch; hashes are lower-case hexadecimal. */
export interface Schema {
  merchants: {
    name: string;
    state: 'enrolled' | 'revoked';
    identity_key: Buffer;
    certificate: Buffer;
    certificate_sha256: string;
    request_sha256: string;
    since: number;
  };
  invites: {
    token_sha256: string;
    merchant: string;
    created_at: number;
    expires_at: number;
    used_at: number | null;
  };
  jobs: {
    seq: Generated<number>;
    name: string;
    template: Buffer;
    /** Name of the job whose newest model this one starts from; empty for none. */
    starts_from: string;
    steps: number;
    steps_done: number;
    /** Number of the next round: raised in the transaction that stores a round, so that none is used twice. */
    next_round: number;
    /** Rounds aborted one after another. */
    failures: number;
    retry_at: number;
    state: 'active' | 'done' | 'failed';
    code: string;
    /** A sentence, where no round could open. */
    reason: string;
  };
  models: {
    job: string;
    version: number;
    sha256: string;
    size: number;
  };
  model_chunks: {
    sha256: string;
    idx: number;
    body: Buffer;
  };
  rounds: {
    /** SHA-256 of the contract. */
    id: string;
    job: string;
    round: number;
    step: number;
    /** The signed contract, a serialised envelope. */
    contract: Buffer;
    /** JSON: names and identity keys of those who may take part. */
    members: string;
    phase: StoredPhase;
    /** When the present phase ends; 0 where nobody waits. */
    deadline: number;
    code: string;
    /** JSON lists of names: U1, U2, U3 as far as they are known. */
    cohorts: string;
    sum_sha256: string | null;
    started_at: number;
    ended_at: number | null;
  };
  messages: {
    seq: Generated<number>;
    round_id: string;
    step: MessageStep;
    merchant: string;
    /** SHA-256 of the envelope's bytes before sealing. */
    sha256: string;
    /** The envelope's bytes; sealed under the round's key where they carry boxes or revealed shares. */
    body: Buffer;
  };
  uploads: {
    id: Generated<number>;
    round_id: string;
    merchant: string;
    /** SHA-256 of the vector's bytes, as signed. */
    sha256: string;
    complete: 0 | 1;
  };
  upload_chunks: {
    upload_id: number;
    idx: number;
    body: Buffer;
  };
  receipts: {
    seq: Generated<number>;
    round_id: string;
    merchant: string;
    /** The signed receipt, a serialised envelope. */
    body: Buffer;
  };
  reveals: {
    round_id: string;
    owner: string;
    kind: RevealKind;
  };
  refusals: {
    round_id: string;
    merchant: string;
    code: string;
    at: number;
  };
  sums: {
    round_id: string;
    idx: number;
    body: Buffer;
  };
  leases: {
    name: string;
    holder: string;
    /** Fencing token: raised by every new holder, checked by every write of the driver. */
    token: number;
    expires_at: number;
  };
}

/** A round's phase as stored. */
export type StoredPhase =
  'advertising' | 'opening' | 'sharing' | 'collecting' | 'agreeing' | 'unmasking' | 'applying' | 'done' | 'aborted';

/** The exchanges in which a merchant sends an envelope, R0 to R4. */
export type MessageStep = 'advertise' | 'open' | 'share' | 'input' | 'agree' | 'unmask';

/** Which share of a merchant's secrets is revealed: of its self mask b, or of its mask key s. Never both. */
export type RevealKind = 'self-mask' | 'mask-key';
