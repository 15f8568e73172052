/**
 * The advantage: total variation between the outputs with and without one shopper. An attacker who knows everything
 * else and guesses whether the shopper's data was used is right with probability at most (1 + advantage)/2.
 *
 * Exact for unsampled Gaussians, and for one pure mechanism in the worst case, randomised response (discrete Laplace noise
 * gives away less); otherwise a proven upper bound, so reports say 'at most': the
 * least of δ(0) by privacy loss distributions (pld.ts), nearly always the tightest, and of the closed forms below, which
 * remain where no grid holds a history and keep the exact cases exact. It describes a history whose parameters were fixed
 * beforehand; it is reported, and never what a budget is held against.
 *
 * The closed forms hold under adaptive composition because each step, given the past, is a post-processing of its dominating
 * pair of distributions (P, Q), and none of the quantities below grows under post-processing.
 *
 * 1. Subadditivity. With affinity 1 − TV = ∫min(P, Q): ∫∫min(p₁p₂, q₁q₂) ≥ ∫min(p₁, q₁)·∫min(p₂, q₂), hence
 *    TV ≤ 1 − Π(1 − TV_i). The product runs over three groups, each bounded as a whole:
 *    - unsampled Gaussians compose to one with μ² = Σ steps/z²: TV = 2Φ(μ/2) − 1, exactly;
 *    - pure mechanisms: together Σε-DP, and TV ≤ tanh(ε/2) for ε-DP, with equality for randomised response;
 *    - a subsampled step: TV(P, (1−q)P + qQ) = q·TV(P, Q), exactly; T of them by the product again, or by 2.
 * 2. Hellinger. With the Bhattacharyya coefficient BC = ∫√(PQ): TV ≤ √(1 − BC²) (Cauchy–Schwarz), and BC multiplies
 *    under composition. ln BC is −μ²/8 for a Gaussian, −ln cosh(ε/2) for randomised response, and ln A_½ for a
 *    subsampled step. As −2·ln BC = D_½ ≤ KL, this is never above Bretagnolle and Huber's √(1 − e^(−KL)).
 * 3. Pinsker: TV ≤ √(KL/2), and KL ≤ RDP at any order above 1.
 * 4. Total variation is δ at ε = 0, so the conversion of RDP to δ bounds it.
 */
import { gaussianDelta } from './analytic-gaussian.js';
import { checkEvents, isNothing, mergeEqual, ROUNDING_VARIANCE } from './events.js';
import type { GaussianEvent, MechanismEvent, PureEvent } from './events.js';
import { pldDelta } from './pld.js';
import { deltaFromRdp, rdpCurve, SMALLEST_ORDER } from './rdp.js';
import { subsampledGaussianLogMoment } from './subsampled-gaussian.js';

/** Absolute allowance for rounding in ln BC of one subsampled step. */
const ROUNDING = 2 ** -49;

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** −ln BC of one event with its repetitions. */
function logBhattacharyya(event: GaussianEvent | PureEvent): number {
  if (event.kind === 'pure') {
    const half = event.epsilon / 2;
    return half + Math.log1p(Math.exp(-event.epsilon)) - Math.LN2;
  }
  const { noiseMultiplier, samplingRate, steps } = event;
  const unsampled = 1 / noiseMultiplier / noiseMultiplier / 8;
  if (samplingRate === 1) return steps * unsampled;
  const sampled = -subsampledGaussianLogMoment(samplingRate, noiseMultiplier, 0.5) + ROUNDING;
  return steps * Math.min(unsampled, Math.max(0, sampled));
}

function hellingerBound(events: readonly (GaussianEvent | PureEvent)[]): number {
  return Math.sqrt(-Math.expm1(-2 * sum(events.map(logBhattacharyya))));
}

function unsampledGaussians(events: readonly GaussianEvent[]): number {
  const squaredShift = sum(events.map(({ noiseMultiplier, steps }) => steps / noiseMultiplier / noiseMultiplier));
  return squaredShift === 0 ? 0 : gaussianDelta(1 / Math.sqrt(squaredShift), 0);
}

function pureMechanisms(events: readonly PureEvent[]): number {
  return Math.min(Math.tanh(sum(events.map(({ epsilon }) => epsilon)) / 2), hellingerBound(events));
}

function subsampledGaussians(events: readonly GaussianEvent[]): number {
  const logAffinity = events.map(
    ({ noiseMultiplier, samplingRate, steps }) => steps * Math.log1p(-samplingRate * gaussianDelta(noiseMultiplier, 0)),
  );
  return Math.min(-Math.expm1(sum(logAffinity)), hellingerBound(events));
}

/** Grid for the advantage: total variation changes by less than 1e-6 from the accountant's own. */
const INTERVAL = 1e-3;
/** Histories of more different mechanisms are left to the closed forms: each costs a transform. */
const LARGEST_MIX = 32;

/** Bounds 1 to 4 for a history of Gaussian and pure mechanisms. */
function closedForm(gaussian: readonly GaussianEvent[], pure: readonly PureEvent[]): number {
  const whole = unsampledGaussians(gaussian.filter(({ samplingRate }) => samplingRate === 1));
  const sampled = subsampledGaussians(gaussian.filter(({ samplingRate }) => samplingRate < 1));
  const grouped = 1 - (1 - whole) * (1 - pureMechanisms(pure)) * (1 - sampled);
  // One group alone is already at its best, and exact where it can be; its rounding must not be traded for another's.
  if (gaussian.length === 0 || (pure.length === 0 && sampled === 0)) return grouped;
  return Math.min(grouped, hellingerBound([...gaussian, ...pure]));
}

/** Bounds 3 and 4. */
function rdpBound(events: readonly MechanismEvent[]): number {
  const divergence = sum(rdpCurve(events, [SMALLEST_ORDER]).values);
  return Math.min(Math.sqrt(divergence / 2), deltaFromRdp(rdpCurve(events), 0));
}

/** A discrete Gaussian as the continuous one of which it is a randomised rounding: total variation is no larger then. */
function unrounded(event: MechanismEvent): MechanismEvent {
  if (event.kind !== 'discreteGaussian') return event;
  const { deviation, sensitivity, samplingRate, steps } = event;
  const variance = deviation ** 2 - ROUNDING_VARIANCE;
  if (!(variance > 0)) return event;
  return { kind: 'gaussian', noiseMultiplier: Math.sqrt(variance) / sensitivity, samplingRate, steps };
}

/**
 * An upper bound on the advantage after a history; exact for unsampled Gaussians alone, and for the worst of all pure
 * mechanisms of one ε.
 * @returns in [0, 1]; print it as 'at most'
 * @throws RangeError for impossible events
 */
export function advantageAtMost(events: readonly MechanismEvent[]): number {
  checkEvents(events);
  const spent = events.filter((event) => !isNothing(event)).map(unrounded);
  const pure = spent.filter((event) => event.kind === 'pure');
  const gaussian = spent.filter((event) => event.kind === 'gaussian');
  const known = gaussian.length + pure.length === spent.length;
  const closed = known ? closedForm(gaussian, pure) : 1;
  const unsampled = pure.length === 0 && gaussian.every(({ samplingRate }) => samplingRate === 1);
  const single = spent.length === 1 && gaussian.every(({ steps }) => steps === 1);
  if (known && (unsampled || single)) return Math.min(1, closed);
  const byGrid = mergeEqual(spent).length > LARGEST_MIX ? 1 : pldDelta(spent, 0, { interval: INTERVAL });
  return Math.min(1, closed, byGrid, rdpBound(spent));
}
