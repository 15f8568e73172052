/**
 * What a merchant's ledger records: spendings, and beside them everything that a restart must not forget. Pure data with
 * JSON values only; chain.ts links them, budget.ts adds up the spendings.
 */
import type { MechanismEvent } from '../accounting/events.js';

/** What was released, with the noise that is sure to be in the sum after the worst dropouts and collusion. */
export type Release =
  | {
      readonly kind: 'discreteGaussian';
      /** z: standard deviation of the noise over `sensitivity`. */
      readonly noiseMultiplier: number;
      /** q in [0, 1]. */
      readonly samplingRate: number;
      /** Δ in quanta, L2. */
      readonly sensitivity: number;
      /** The δ of the contract. */
      readonly delta: number;
      /** How often one round releases it, where that is more than once: local steps. @default 1 */
      readonly repetitions?: number | undefined;
    }
  | {
      readonly kind: 'pure';
      /** ε of the release. */
      readonly epsilon: number;
      /** Δ in quanta, L1. */
      readonly sensitivity: number;
    };

/** One round of one job, by the hash that names its contract. */
interface ContractRound {
  /** 64 lower-case hex digits. */
  readonly contractSha256: string;
  readonly job: string;
  /** A non-negative integer. */
  readonly round: number;
}

/** One spending, written before the input it pays for is uploaded. A re-run of a round is another entry. */
export interface LedgerEntry extends ContractRound {
  /** Model updates that the job was to make, as its contract says: the schedule that loss distributions charge whole. */
  readonly steps: number;
  readonly release: Release;
  /** Milliseconds since the epoch, by the merchant's clock. */
  readonly spentAt: number;
}

/** Everything that a ledger records; `at` is in milliseconds since the epoch, by the merchant's clock. */
export type JournalEntry =
  /** The first record of every ledger. Its salt never leaves the merchant, so that no hash after it tells anything. */
  | {
      readonly kind: 'opened';
      /** 32 random bytes, 64 hex digits. */
      readonly salt: string;
      readonly at: number;
    }
  /** A round was begun, before the first message left. */
  | ({ readonly kind: 'joined'; readonly at: number } & ContractRound)
  | ({ readonly kind: 'spent' } & LedgerEntry)
  | ({ readonly kind: 'refused'; readonly code: string; readonly at: number } & ContractRound)
  /** Without noise: for whom shares were revealed on which model. */
  | {
      readonly kind: 'unmasked';
      /** 64 hex digits. */
      readonly modelSha256: string;
      /** Names, sorted. */
      readonly survivors: readonly string[];
      readonly at: number;
    }
  /** A person decided how to go on after the ledger was damaged or rolled back. What that costs is a spending after it. */
  | {
      readonly kind: 'resolved';
      readonly by: string;
      readonly reason: string;
      /** Code of the damage. */
      readonly code: string;
      /** Heads that were kept elsewhere and are lost, 64 hex digits each. */
      readonly lostHeads: readonly string[];
      readonly at: number;
    };

const HEX_256 = /^[0-9a-f]{64}$/;

function isAtLeast(value: number, least: number): boolean {
  return Number.isFinite(value) && value >= least;
}

function isCount(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}

function releaseFault(release: Release): string | undefined {
  if (!isAtLeast(release.sensitivity, 0)) return 'sensitivity';
  if (release.kind === 'pure') return isAtLeast(release.epsilon, 0) ? undefined : 'epsilon';
  if (!isAtLeast(release.sensitivity, Number.MIN_VALUE)) return 'sensitivity';
  if (!isAtLeast(release.noiseMultiplier, Number.MIN_VALUE)) return 'noiseMultiplier';
  if (!(isAtLeast(release.samplingRate, 0) && release.samplingRate <= 1)) return 'samplingRate';
  if (!isCount(release.repetitions ?? 1, 1)) return 'repetitions';
  return isAtLeast(release.delta, 0) && release.delta < 1 ? undefined : 'delta';
}

/** The name of a field that no honest entry can have, if any. */
export function entryFault(entry: JournalEntry): string | undefined {
  if (!isAtLeast(entry.kind === 'spent' ? entry.spentAt : entry.at, 0)) return 'time';
  switch (entry.kind) {
    case 'opened':
      return HEX_256.test(entry.salt) ? undefined : 'salt';
    case 'unmasked':
      return HEX_256.test(entry.modelSha256) ? undefined : 'modelSha256';
    case 'resolved':
      return entry.lostHeads.every((head) => HEX_256.test(head)) ? undefined : 'lostHeads';
    case 'joined':
    case 'refused':
    case 'spent':
      if (!HEX_256.test(entry.contractSha256)) return 'contractSha256';
      if (!isCount(entry.round, 0)) return 'round';
      if (entry.kind !== 'spent') return undefined;
      return isCount(entry.steps, 1) ? releaseFault(entry.release) : 'steps';
  }
}

/** What one round released, as an accountant composes it. */
export function eventOf(release: Release): MechanismEvent {
  if (release.kind === 'pure') return { kind: 'pure', epsilon: release.epsilon };
  const { noiseMultiplier, samplingRate, sensitivity, repetitions: steps = 1 } = release;
  return { kind: 'discreteGaussian', deviation: noiseMultiplier * sensitivity, sensitivity, samplingRate, steps };
}

/** The releases of spendings as an accountant composes them. */
export function eventsOf(entries: readonly LedgerEntry[]): MechanismEvent[] {
  return entries.map(({ release }) => eventOf(release));
}
