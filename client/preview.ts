import { ledgerEntry, localNoise, quantisationOf, taskName, uploadBytes } from '../federation/index.js';
import type { RoundTerms } from '../federation/index.js';
import { eventsOf, spendingOf } from '../privacy/index.js';
import type { Spending } from '../privacy/index.js';
import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import { readPolicy } from './config/config.js';
import { seenTerms, withRecords } from './contracts.js';

/** What a contract would make leave the building: shapes and terms only, nothing computed from shoppers' data. */
export interface Preview {
  /** SHA-256 of the contract, hexadecimal. */
  readonly contract: string;
  readonly job: string;
  readonly round: number;
  readonly task: string;
  /** Coordinates of the vector. */
  readonly dimension: number;
  /** Bits of each: what is sent is uniformly random modulo 2^bits to whoever lacks the masks. */
  readonly ringBits: number;
  /** Bytes of the masked vector; the other messages of a round are some kilobytes. */
  readonly bytes: number;
  readonly mechanism: RoundTerms['mechanism']['kind'];
  /** What one shopper can change at most: L2 norm (Gaussian, none; of each local step's sum: local) or L1 units (Laplace). */
  readonly bound: number;
  /** Share of the shoppers that is sampled, by coins that nobody else sees. */
  readonly samplingRate: number;
  /**
   * Standard deviation of the noise in one coordinate, in units of a contribution: this merchant's own share (under local
   * noise, all of it, in each local step)…
   */
  readonly ownNoise: number | undefined;
  /** …and of the smallest sum that is ever opened, less the colluders' shares; undefined where none is shared. */
  readonly leastNoise: number | undefined;
  /** δ at which ε is read. */
  readonly delta: number;
  /** Everything spent so far. */
  readonly before: Spending;
  /** The same with this round; no more where the round is spent already. */
  readonly after: Spending;
  /** Whether the contract's round stands in the ledger already, and so in `before`. */
  readonly spent: boolean;
}

/** What to preview. */
export interface PreviewOptions {
  readonly dir: string;
  /** Begins the SHA-256 of a contract that was seen; undefined for the newest. */
  readonly contract?: string | undefined;
  /** @default systemClock */
  readonly clock?: Clock;
}

/**
 * `guildhall client preview`: what a contract that was seen would make leave. Reads no data; works while the client runs.
 * @throws GuildhallError STATE_*, LEDGER_*, POLICY_MALFORMED, CONTRACT_UNKNOWN
 */
export function previewContract({ dir, contract, clock = systemClock }: PreviewOptions): Preview {
  return withRecords(dir, (records) => {
    const { terms, sha256 } = seenTerms(records, contract);
    const { mechanism, dimension, ringBits, job, round } = terms;
    const delta = readPolicy(records.state.paths.policy).maximum_delta;
    const entry = ledgerEntry(terms, sha256, clock.now());
    const { entries } = records.ledger;
    const before = eventsOf(entries);
    const hash = Buffer.from(sha256).toString('hex');
    const spent = entries.some(({ contractSha256 }) => contractSha256 === hash);
    return {
      contract: hash,
      job,
      round,
      task: taskName(terms.task),
      dimension,
      ringBits,
      bytes: uploadBytes(terms),
      mechanism: mechanism.kind,
      bound: mechanism.kind === 'laplace' ? mechanism.l1Bound : mechanism.clipNorm,
      samplingRate: mechanism.kind === 'laplace' ? 1 : mechanism.samplingRate,
      ...noiseOf(terms),
      delta,
      before: spendingOf(before, delta),
      after: spendingOf(spent || entry === undefined ? before : [...before, ...eventsOf([entry])], delta),
      spent,
    };
  });
}

function noiseOf(terms: RoundTerms): Pick<Preview, 'ownNoise' | 'leastNoise'> {
  const { mechanism, dimension, roster } = terms;
  if (mechanism.kind === 'local') {
    return { ownNoise: localNoise(mechanism, dimension).deviation, leastNoise: undefined };
  }
  const { share, deviation } = quantisationOf(terms);
  if (share === undefined) return { ownNoise: undefined, leastNoise: undefined };
  return { ownNoise: deviation / Math.sqrt(roster.minimumSurvivors - roster.colluders), leastNoise: deviation };
}
