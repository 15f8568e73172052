/**
 * The one-run audit of a whole privacy profile (Mahloujifar, Melis and Chaudhuri 2024, arXiv 2410.22235): where a claim
 * says δ at many ε, as an accountant does for Gaussian noise, all of them are held against the guesses at once.
 *
 * Write P_t for the probability that at least t of r guesses on m canaries are right, L_t for a lower bound of it. Take
 * "canary j is guessed right, and at least t are". Turning j's coin round makes the guess on j wrong and leaves t − 1 or
 * more right, and changes probabilities by no more than the profile allows. Averaged over canaries and coins:
 *
 *     with A = Σ_{i≥t} i·p_i / m and H = Σ_{i≥t−1} (r − i)·p_i / m, p_i = P_i − P_{i+1}:  H ≥ g(A),
 *
 * g(A) = max over points (ε, δ) of e^−ε(A − δ) and 1 − δ − e^ε(1 − A), both averages of inequalities that hold for each
 * coin. As Σ_{i≥t} i·p_i = t·P_t + Σ_{s>t} P_s, this reads
 *
 *     (r − t + 1)·P_{t−1} ≥ m·g((t·P_t + Σ_{s>t} P_s)/m) + Σ_{s≥t} P_s,
 *
 * whose right side grows with every P. So from P_v ≥ τ follow L_{v−1}, L_{v−2}, … down to L_0; if that exceeds 1, no
 * mechanism with this profile gives v right guesses with probability τ.
 *
 * r must be fixed before the run.
 */
import type { PrivacyPoint } from './binomial-bound.js';
import { checkRecord } from './record.js';
import type { GuessRecord } from './record.js';

/** Points (ε, δ) that a mechanism satisfies in both directions, adding and removing. Any subset is a valid claim. */
export type PrivacyProfile = readonly PrivacyPoint[];

/** g: the least probability, without the canary, of what has probability `power` with it, or the other way round. */
function leastProbability(profile: PrivacyProfile, power: number): number {
  return profile.reduce(
    (least, { epsilon, delta }) =>
      Math.max(least, Math.exp(-epsilon) * (power - delta), Math.exp(epsilon) * power - Math.expm1(epsilon) - delta),
    0,
  );
}

/**
 * Whether so many right guesses are less likely than `significance` for every mechanism with this profile.
 * @param significance τ in (0, 1)
 * @throws RangeError for an impossible record
 */
export function rulesOut(profile: PrivacyProfile, record: GuessRecord, significance: number): boolean {
  checkRecord(record);
  if (!(significance > 0 && significance < 1))
    throw new RangeError(`significance must be in (0, 1), got ${significance}`);
  const { canaries, guesses, right } = record;
  let reached = significance;
  let above = 0;
  for (let t = right; t >= 1; t--) {
    const power = Math.min(1, (t * reached + above) / canaries);
    above += reached;
    reached = Math.max(reached, (canaries * leastProbability(profile, power) + above) / (guesses - t + 1));
    if (reached > 1) return true;
  }
  return false;
}
