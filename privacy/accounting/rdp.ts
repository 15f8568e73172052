/**
 * The Rényi accountant (Mironov 2017): curves of events, their sum over a heterogeneous history, and the conversion to ε.
 *
 * This is the accountant that enforces budgets. With orders fixed in advance, 'ε of the history with the next step ≤
 * budget' holds exactly if the summed RDP at some order is within that order's share of the budget, which is a valid
 * filter when later rounds are chosen after seeing earlier results (Feldman and Zrnic 2021; Lécuyer 2021).
 */
import { checkEvents, isNothing, mergeEqual, ROUNDING_VARIANCE } from './events.js';
import type { DiscreteGaussianEvent, MechanismEvent } from './events.js';
import { discreteLaplaceRdp, laplaceRdp } from './laplace.js';
import { skellamRdp } from './skellam.js';
import { logExpm1, softplus } from './special-functions.js';
import { subsampledGaussianRdp } from './subsampled-gaussian.js';

/**
 * Orders nearer to 1 are answered by this one, which is never smaller (RDP grows with the order). Closer to 1,
 * ln A/(α − 1) is rounding noise over nothing: at 1 + 1e-8 some accountants end with RDP = 0 and report ε = 0.
 */
export const SMALLEST_ORDER = 1.01;

/** RDP at a list of orders, position by position. */
export interface RdpCurve {
  readonly orders: readonly number[];
  readonly values: readonly number[];
}

/** Tenths up to 10.9, integers to 63, then sparse up to 1024 for tiny ε, and ∞, where pure ε-DP composes exactly. */
export const DEFAULT_ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => (11 + i) / 10),
  ...Array.from({ length: 53 }, (_, i) => 11 + i),
  ...[64, 72, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 512, 768, 1024],
  Infinity,
];

/**
 * RDP of binary randomised response with odds e^ε. Every ε-DP mechanism is a post-processing of it for each pair of
 * neighbours (Kairouz, Oh and Viswanath 2015, Theorem 2.1), so this is the least curve that holds for all of them; it
 * lies below the αε²/2 of Bun and Steinke 2016, Proposition 3.3.
 *
 * With p = 1/(1 + e^−ε) it is ln A/(α − 1), A = p^α(1−p)^(1−α) + (1−p)^α p^(1−α), computed from
 * A − 1 = p·(e^((α−1)ε) − 1)(1 − e^(−αε)), a product of positive factors that keeps its digits for small ε.
 */
function pureRdp(epsilon: number, order: number): number {
  if (order === Infinity || epsilon === 0) return epsilon;
  const logExcess = -softplus(-epsilon) + logExpm1((order - 1) * epsilon) + Math.log(-Math.expm1(-order * epsilon));
  return Math.min(epsilon, softplus(logExcess) / (order - 1));
}

/**
 * RDP of a history: the sum of its events' curves.
 * @param events any mix of mechanisms, in any order
 * @param orders α > 1 each; ∞ allowed; orders in (1, 1.01) are answered by order 1.01
 * @throws RangeError for impossible events or orders
 */
export function rdpCurve(events: readonly MechanismEvent[], orders: readonly number[] = DEFAULT_ORDERS): RdpCurve {
  checkEvents(events);
  const merged = mergeEqual(events);
  const values = orders.map((order) => {
    if (!(order > 1)) throw new RangeError(`an RDP order must exceed 1, got ${order}`);
    const usable = Math.max(order, SMALLEST_ORDER);
    let total = 0;
    for (const { event, times } of merged) {
      if (times === 0) continue;
      total += times * mechanismRdp(event, usable);
    }
    return total;
  });
  return { orders, values };
}

/** RDP of one release. */
function mechanismRdp(event: MechanismEvent, order: number): number {
  switch (event.kind) {
    case 'gaussian':
      return subsampledGaussianRdp(event.samplingRate, event.noiseMultiplier, order);
    case 'discreteGaussian':
      return discreteGaussianRdp(event, order);
    case 'laplace':
      return laplaceRdp(event, order);
    case 'discreteLaplace':
      return discreteLaplaceRdp(event, order);
    case 'skellam':
      return skellamRdp(event, order);
    case 'pure':
      return pureRdp(event.epsilon, order);
  }
}

/** Sampled, the continuous Gaussian that it rounds or, where that is worse, no gain from sampling at all. */
function discreteGaussianRdp({ deviation, sensitivity, samplingRate }: DiscreteGaussianEvent, order: number): number {
  if (samplingRate === 0) return 0;
  const unsampled = subsampledGaussianRdp(1, deviation / sensitivity, order);
  const variance = deviation ** 2 - ROUNDING_VARIANCE;
  if (samplingRate === 1 || !(variance > 0)) return unsampled;
  return Math.min(unsampled, subsampledGaussianRdp(samplingRate, Math.sqrt(variance) / sensitivity, order));
}

/**
 * ε at δ from an RDP curve: the least over orders of RDP + ln((α−1)/α) − (ln δ + ln α)/(α−1) (Canonne, Kamath and
 * Steinke 2020, Proposition 12; at ∞ it is the RDP itself).
 * @param delta in [0, 1); 0 leaves only order ∞
 * @returns ε ≥ 0, ∞ where no order gives a finite one
 */
export function epsilonFromRdp(curve: RdpCurve, delta: number): { readonly epsilon: number; readonly order: number } {
  if (!(delta >= 0 && delta < 1)) throw new RangeError(`delta must be in [0, 1), got ${delta}`);
  let best = { epsilon: Infinity, order: Infinity };
  for (const [i, order] of curve.orders.entries()) {
    const rdp = curve.values[i] ?? Infinity;
    const epsilon =
      order === Infinity ? rdp : rdp + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1);
    if (epsilon < best.epsilon) best = { epsilon, order };
  }
  return { epsilon: Math.max(0, best.epsilon), order: best.order };
}

/**
 * The bound on δ at ε from an RDP curve: the same conversion, solved for δ.
 * @param epsilon at least 0
 */
export function deltaFromRdp(curve: RdpCurve, epsilon: number): number {
  if (!(epsilon >= 0)) throw new RangeError(`epsilon must be at least 0, got ${epsilon}`);
  let logDelta = 0;
  for (const [i, order] of curve.orders.entries()) {
    const rdp = curve.values[i] ?? Infinity;
    if (order === Infinity) {
      if (rdp <= epsilon) return 0;
      continue;
    }
    logDelta = Math.min(logDelta, (order - 1) * (rdp - epsilon + Math.log1p(-1 / order)) - Math.log(order));
  }
  return Math.exp(logDelta);
}

/**
 * The ε that a history has spent at δ, by the accountant that enforces budgets.
 * @param delta in [0, 1); one δ for the whole history, over all jobs
 * @returns 0 for an empty history
 */
export function epsilonOf(events: readonly MechanismEvent[], delta: number): number {
  checkEvents(events);
  const spent = events.filter((event) => !isNothing(event));
  const curve = rdpCurve(spent);
  return spent.length === 0 ? 0 : epsilonFromRdp(curve, delta).epsilon;
}
