import { z } from 'zod';
import type { RuleVerdict } from '../../federation/index.js';
import type { LedgerDatabase } from './database.js';
import { parseJson } from './records.js';

/** Contracts remembered; beyond it the oldest are forgotten. */
const MAXIMUM_CONTRACTS = 1000;

const verdictSchema = z.array(
  z.object({
    rule: z.string(),
    accepted: z.boolean(),
    code: z.string().optional(),
    contract: z.string(),
    policy: z.string(),
    sentence: z.string(),
  }),
);

/** How one rule judged a contract when it was seen. */
export type RememberedRule = z.output<typeof verdictSchema>[number];

/** A contract as it was seen. */
export interface RememberedContract {
  /** Hexadecimal. */
  readonly sha256: string;
  /** The signed contract, a serialised envelope. */
  readonly envelope: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly seenAt: number;
  readonly rules: readonly RememberedRule[];
}

/** The contracts that a client has seen and how it judged them, for people to look at; nothing is decided by it. */
export class ContractMemory {
  readonly #database: LedgerDatabase;

  constructor(database: LedgerDatabase) {
    this.#database = database;
  }

  /** Remembers a contract with its newest verdict. @throws GuildhallError STATE_* */
  remember(contract: { sha256: string; envelope: Uint8Array; seenAt: number; rules: readonly RuleVerdict[] }): void {
    const { sha256, envelope, seenAt, rules } = contract;
    this.#database.transaction(() => {
      this.#database.run(
        `INSERT INTO contracts (contract, envelope, seen_at, verdict) VALUES (?, ?, ?, ?)
         ON CONFLICT (contract) DO UPDATE SET seen_at = excluded.seen_at, verdict = excluded.verdict`,
        sha256,
        Buffer.from(envelope),
        seenAt,
        JSON.stringify(rules),
      );
      this.#database.run('DELETE FROM contracts WHERE seq <= (SELECT max(seq) FROM contracts) - ?', MAXIMUM_CONTRACTS);
    });
  }

  /** Oldest first. */
  all(): RememberedContract[] {
    return this.#database
      .all('SELECT contract, envelope, seen_at, verdict FROM contracts ORDER BY seq')
      .map(({ contract, envelope, seen_at: seenAt, verdict }) => ({
        sha256: String(contract),
        envelope: bytesOf(envelope),
        seenAt: Number(seenAt),
        rules: verdictSchema.parse(parseJson(String(verdict))),
      }));
  }
}

/** libsql gives BLOBs as ArrayBuffer or Buffer. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array();
}
