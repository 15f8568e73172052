/**
 * The one-run audit of (ε, δ) (Steinke, Nasr and Jagielski 2023, arXiv 2305.08846, Theorem 5.2).
 *
 * If what was released is (ε, δ)-differentially private in every canary, the number of right guesses among r exceeds v − 1
 * with probability at most β + 2mδα, where W is binomial with r trials of probability e^ε/(1 + e^ε), β = P(W ≥ v) and
 * α = max over i in 1..v of P(v − i ≤ W < v)/i. For δ = 0 it holds given everything that was released: the coins of the
 * canaries are then, one after the other, at most as well known as through randomised response. So which coins are
 * guessed, and how many, may then depend on the release; for δ > 0 the number r must be fixed beforehand.
 */
import { softplus } from '../accounting/special-functions.js';
import { checkRecord } from './record.js';
import type { GuessRecord } from './record.js';

/** What is claimed of a mechanism. */
export interface PrivacyPoint {
  /** ε ≥ 0. */
  readonly epsilon: number;
  /** δ in [0, 1]. */
  readonly delta: number;
}

/** ln C(r, k) for k in 0..r. */
function logChoices(trials: number): Float64Array {
  const logs = new Float64Array(trials + 1);
  for (let k = 1; k <= trials; k++) logs[k] = (logs[k - 1] ?? 0) + Math.log((trials - k + 1) / k);
  return logs;
}

/** P(W = k) for k in 0..r, W binomial with success probability e^ε/(1 + e^ε). */
function binomialMasses(choices: Float64Array, epsilon: number): Float64Array {
  const trials = choices.length - 1;
  const success = -softplus(-epsilon);
  const failure = -softplus(epsilon);
  return choices.map((choice, k) => Math.exp(choice + k * success + (trials - k) * failure));
}

/** The largest mean of masses just below v: max_i P(v − i ≤ W < v)/i. */
function largestMean(masses: Float64Array, right: number): number {
  let largest = 0;
  let sum = 0;
  for (let i = 1; i <= right; i++) {
    sum += masses[right - i] ?? 0;
    largest = Math.max(largest, sum / i);
  }
  return largest;
}

function tail({ canaries, right }: GuessRecord, choices: Float64Array, { epsilon, delta }: PrivacyPoint): number {
  const masses = binomialMasses(choices, epsilon);
  // From the far end, so that small masses are added first.
  const beta = masses.subarray(right).reduceRight((sum, mass) => sum + mass, 0);
  return Math.min(1, beta + (delta === 0 ? 0 : 2 * canaries * delta * largestMean(masses, right)));
}

/**
 * A bound on the chance that so many guesses are right if the claim is true.
 * @throws RangeError for an impossible record or claim
 */
export function guessingPValue(record: GuessRecord, claim: PrivacyPoint): number {
  checkRecord(record);
  const { epsilon, delta } = claim;
  if (!(epsilon >= 0 && delta >= 0 && delta <= 1)) throw new RangeError(`no claim is (${epsilon}, ${delta})`);
  return tail(record, logChoices(record.guesses), claim);
}

/** Beyond it no number of canaries reaches. */
const LARGEST_EPSILON = 64;

/**
 * A lower bound on ε, given δ: every smaller ε would make so many right guesses less likely than `significance`. With r
 * guesses, all right, and δ = 0 it is about ln(r/3) at .05.
 * @param significance 1 − confidence, in (0, 1)
 * @returns 0 where nothing is ruled out
 */
export function epsilonLowerBound(record: GuessRecord, delta: number, significance: number): number {
  checkRecord(record);
  if (!(significance > 0 && significance < 1))
    throw new RangeError(`significance must be in (0, 1), got ${significance}`);
  const choices = logChoices(record.guesses);
  let [low, high] = [0, LARGEST_EPSILON];
  if (tail(record, choices, { epsilon: 0, delta }) >= significance) return 0;
  for (let step = 0; step < 50; step++) {
    const epsilon = (low + high) / 2;
    if (tail(record, choices, { epsilon, delta }) < significance) low = epsilon;
    else high = epsilon;
  }
  return low;
}
