/**
 * δ(ε) and ε(δ) of a composed privacy loss: δ(ε) = p_∞ + Σ_{l>ε} (1 − e^(ε−l))·p_l.
 *
 * From the greatest loss down, C_k = Σ_{j>k} p_j·e^(l_k − l_j) obeys C_k = e^(−h)(C_{k+1} + p_{k+1}), and δ grows by
 * (1 − e^(−h))(C_{k+1} + p_{k+1}) a cell: positive terms only, from the small end. Between grid points δ is linear in e^ε.
 */
import type { LossSum } from './composition.js';

/** On which side of the exact value an estimate must lie. */
export type Side = 'upper' | 'lower';

/**
 * δ at grid point k and C_k, so that δ(ε) = delta − (e^(ε − l_k) − 1)·weight up to the next grid point, and below the window
 * everywhere.
 */
interface Point {
  readonly loss: number;
  readonly delta: number;
  readonly weight: number;
}

/** Walks down from the greatest loss until `stop` says so, or below the window, where nothing carries mass any more. */
function descend(sum: LossSum, stop: (point: Point) => boolean): Point {
  const { interval, first, masses, tilt, logScale } = sum;
  const growth = -Math.expm1(-interval);
  let k = first + masses.length - 1;
  let point: Point = { loss: k * interval, delta: 0, weight: 0 };
  while (k >= first && !stop(point)) {
    const mass = (masses[k - first] ?? 0) * Math.exp(logScale - tilt * point.loss);
    const gathered = point.weight + mass;
    k -= 1;
    point = { loss: k * interval, delta: point.delta + growth * gathered, weight: Math.exp(-interval) * gathered };
  }
  return point;
}

/** What must be added (upper) or taken away (lower) at ε for everything that was cut off or rounded. */
function allowance({ slack, tilt, logScale }: LossSum, epsilon: number): number {
  return slack === 0 ? 0 : slack * Math.exp(Math.min(700, logScale - tilt * epsilon));
}

function adjusted(sum: LossSum, delta: number, epsilon: number, side: Side): number {
  const { relativeError } = sum;
  return side === 'upper'
    ? Math.min(1, delta * (1 + relativeError) + allowance(sum, epsilon))
    : Math.max(0, delta * (1 - relativeError) - allowance(sum, epsilon));
}

/**
 * δ at ε.
 * @param infinite p_∞, mass at infinite loss
 * @param epsilon ε ≥ 0
 */
export function deltaAt(sum: LossSum, infinite: number, epsilon: number, side: Side): number {
  const { loss, delta, weight } = descend(sum, (point) => point.loss <= epsilon);
  const within = Math.max(0, delta - Math.expm1(epsilon - loss) * weight);
  return Math.min(1, infinite + adjusted(sum, within, epsilon, side));
}

/**
 * The least ε ≥ 0 at which the estimate of δ is at most the given one.
 * @param infinite p_∞
 * @param delta δ in [0, 1)
 * @returns ∞ if p_∞ alone exceeds δ
 */
export function epsilonAt(sum: LossSum, infinite: number, delta: number, side: Side): number {
  const allowed = delta - infinite;
  if (!(allowed >= 0)) return Infinity;
  const { interval } = sum;
  const exceeds = (point: Point): boolean => adjusted(sum, point.delta, point.loss, side) > allowed;
  const { loss, delta: there, weight } = descend(sum, (point) => point.loss <= 0 || exceeds(point));
  if (loss + interval <= 0) return 0;
  let lower = loss < sum.first * interval ? 0 : Math.max(0, loss);
  const at = (epsilon: number): number =>
    adjusted(sum, Math.max(0, there - Math.expm1(epsilon - loss) * weight), epsilon, side);
  if (at(lower) <= allowed) return lower;
  let upper = loss + interval;
  for (let i = 0; i < 60; i++) {
    const middle = (lower + upper) / 2;
    if (at(middle) <= allowed) upper = middle;
    else lower = middle;
  }
  return upper;
}
