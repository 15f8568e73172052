import type { JournalEntry, LedgerEntry, LedgerRecord } from '../../privacy/index.js';

type Refusal = Omit<Extract<JournalEntry, { kind: 'refused' }>, 'kind'>;

/** A verified chain in memory, indexed by what the client asks of it. */
export class Journal {
  readonly records: LedgerRecord[] = [];
  /**
   * Each dated no earlier than those before it: a round that was paid for while the clock was set back counts in the period
   * that had begun by then, also once the clock is right again. The records keep what the clock said.
   */
  readonly spendings: LedgerEntry[] = [];
  readonly refusals: Refusal[] = [];
  readonly #heads = new Set<string>();
  readonly #givenUp = new Set<string>();
  readonly #rounds = new Set<string>();
  readonly #contracts = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #joinedAt: number[] = [];
  readonly #cohorts = new Map<string, (readonly string[])[]>();

  constructor(records: readonly LedgerRecord[]) {
    for (const record of records) this.add(record);
  }

  add(record: LedgerRecord): void {
    this.records.push(record);
    this.#heads.add(record.hash);
    const { entry } = record;
    switch (entry.kind) {
      case 'opened':
        break;
      case 'joined':
        this.#begun(entry);
        this.#joinedAt.push(entry.at);
        break;
      case 'spent': {
        const { contractSha256, job, round, steps, release } = entry;
        const spentAt = Math.max(entry.spentAt, this.spendings.at(-1)?.spentAt ?? entry.spentAt);
        this.#begun(entry);
        this.spendings.push({ contractSha256, job, round, steps, release, spentAt });
        break;
      }
      case 'refused': {
        const { contractSha256, job, round, code, at } = entry;
        this.refusals.push({ contractSha256, job, round, code, at });
        this.#refused.add(refusalKey(entry.contractSha256, entry.code));
        break;
      }
      case 'unmasked': {
        const known = this.#cohorts.get(entry.modelSha256);
        if (known === undefined) this.#cohorts.set(entry.modelSha256, [entry.survivors]);
        else known.push(entry.survivors);
        break;
      }
      case 'resolved':
        for (const head of entry.lostHeads) this.#givenUp.add(head);
        break;
    }
  }

  /** Whether the chain passed through a head. */
  hasHead(hash: string): boolean {
    return this.#heads.has(hash);
  }

  /** Whether a person gave a head up that is lost. */
  hasGivenUp(hash: string): boolean {
    return this.#givenUp.has(hash);
  }

  hasJoined(job: string, round: number, contract: string): boolean {
    return this.#rounds.has(roundKey(job, round)) || this.#contracts.has(contract);
  }

  roundsSince(instant: number): number {
    return this.#joinedAt.filter((at) => at >= instant).length;
  }

  hasRefused(contract: string, code: string): boolean {
    return this.#refused.has(refusalKey(contract, code));
  }

  cohorts(model: string): (readonly string[])[] {
    return this.#cohorts.get(model) ?? [];
  }

  #begun({ job, round, contractSha256 }: { job: string; round: number; contractSha256: string }): void {
    this.#rounds.add(roundKey(job, round));
    this.#contracts.add(contractSha256);
  }
}

const roundKey = (job: string, round: number): string => JSON.stringify([job, round]);
const refusalKey = (contract: string, code: string): string => `${contract} ${code}`;
