import type { Interval } from './bootstrap.js';

/** One place of a served list that was filled by chance. */
export interface LoggedPlace {
  /** Probability with which the shown item came to stand there, above 0. */
  readonly propensity: number;
  /** Probability with which the policy that is judged would have shown the same item there: 1 or 0 where it never draws. */
  readonly target: number;
  /** What came of it: 1 for a click, or any value. */
  readonly reward: number;
}

/** What a log says about another policy than the one that wrote it. */
export interface OffPolicyEstimate {
  readonly requests: number;
  /** Mean reward of a place as it was served. */
  readonly served: Interval;
  /** Mean reward of a place under the policy that is judged, by inverse propensities. */
  readonly judged: Interval;
  /** `judged` − `served`, from the same requests. */
  readonly difference: Interval;
  /** Mean of the weights: about 1 where the propensities are right and the policy's items could all have been shown. */
  readonly meanWeight: number;
  /** (Σ weights)² / Σ weights², in places: how many unweighted ones the weighted ones are worth (Kish 1965). */
  readonly effectivePlaces: number;
}

/** Half a 95 % interval of a normal variable, in standard deviations. */
const NORMAL_95 = 1.959964;

/**
 * Inverse propensity scoring (Horvitz and Thompson 1952; Li et al. 2011): each place counts with target / propensity,
 * which makes the mean reward unbiased for the policy that is judged, place by place: what stands at one place is taken not
 * to change what is clicked at another. Requests are what is drawn: their places are averaged first, and the intervals,
 * normal at 95 %, are over requests. Trust them from some hundred effective places.
 *
 * @param requests each with at least one place
 * @throws RangeError for fewer than two requests, one without places, or a propensity outside (0, 1]
 */
export function inversePropensity(requests: readonly (readonly LoggedPlace[])[]): OffPolicyEstimate {
  if (requests.length < 2) throw new RangeError(`${requests.length} requests are too few for an interval.`);
  const served = new Float64Array(requests.length);
  const judged = new Float64Array(requests.length);
  const weights: number[] = [];
  requests.forEach((places, request) => {
    if (places.length === 0) throw new RangeError('A request has no explored place.');
    for (const { propensity, target, reward } of places) {
      if (!(propensity > 0 && propensity <= 1)) throw new RangeError(`A propensity of ${propensity} is not in (0, 1].`);
      const weight = target / propensity;
      weights.push(weight);
      served[request] = (served[request] ?? 0) + reward / places.length;
      judged[request] = (judged[request] ?? 0) + (weight * reward) / places.length;
    }
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const squares = weights.reduce((total, weight) => total + weight * weight, 0);
  return {
    requests: requests.length,
    served: normalInterval(served),
    judged: normalInterval(judged),
    difference: normalInterval(judged.map((value, request) => value - (served[request] ?? 0))),
    meanWeight: sum / weights.length,
    effectivePlaces: squares === 0 ? 0 : (sum * sum) / squares,
  };
}

function normalInterval(values: Float64Array): Interval {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = NORMAL_95 * Math.sqrt(squares / (values.length - 1) / values.length);
  return { mean, low: mean - half, high: mean + half };
}
