/**
 * A pair on the grid that a dominating pair's mechanism certainly dominates, so that its δ(ε) is never too high: together
 * with the pair from connecting the dots it shows how wide the gap around the exact value is.
 *
 * In t = e^ε the exact hockey stick of one release is convex and meets the given one, H, at every grid point t_i. Where H
 * bends by Q_i at t_i, the exact one lies above the continued lines of the neighbouring intervals, hence within
 * Q_i·Q_{i+1}/(Q_i + Q_{i+1})·(t_{i+1} − t_i) of H between two grid points. H lowered at each grid point by the greater of
 * its two gaps, and made convex from below, is the hockey stick of the wanted pair; its error is O(h²) like that of H
 * (cf. Doroshenko et al. 2022, section 5). Bends are kept times t_i, as masses of P, so that no power of e is ever large.
 */
import type { LossPair } from './loss-pair.js';

/** A run of grid intervals on which the convex minorant is one line. */
interface Run {
  readonly start: number;
  readonly length: number;
  /** Change of slope at its start, times t there. */
  readonly bend: number;
}

/**
 * The bends of the greatest convex minorant of a polygon: intervals are pooled while slopes descend, which changes only
 * the bends at both ends of the pool.
 * @param bends of the polygon, times t, at successive grid points
 */
function convexBends(bends: Float64Array, interval: number): Float64Array {
  const convex = new Float64Array(bends.length);
  const runs: Run[] = [];
  let carried = 0;
  for (const [start, own] of bends.entries()) {
    let run: Run = { start, length: 1, bend: own + carried };
    carried = 0;
    for (let before = runs.at(-1); run.bend < 0 && before !== undefined; before = runs.at(-1)) {
      runs.pop();
      const whole = -Math.expm1(-(before.length + run.length) * interval);
      carried += (run.bend * -Math.expm1(-before.length * interval)) / whole;
      const share = -Math.expm1(-run.length * interval) / whole;
      run = {
        start: before.start,
        length: before.length + run.length,
        bend: before.bend + run.bend * Math.exp(-before.length * interval) * share,
      };
    }
    runs.push(run);
  }
  for (const { start, bend } of runs) convex[start] = Math.max(0, bend);
  return convex;
}

/** How far H lies above its asymptotes 1 − t and 0 at each grid point: sums of positive terms from either end. */
function aboveAsymptotes(masses: Float64Array, interval: number): { left: Float64Array; right: Float64Array } {
  const left = new Float64Array(masses.length);
  const right = new Float64Array(masses.length);
  const growth = Math.exp(interval);
  for (let i = 1, slope = 0; i < masses.length; i++) {
    slope = growth * slope + (masses[i - 1] ?? 0);
    left[i] = (left[i - 1] ?? 0) + slope * Math.expm1(interval);
  }
  for (let i = masses.length - 2, slope = 0; i >= 0; i--) {
    slope = (slope + (masses[i + 1] ?? 0)) / growth;
    right[i] = (right[i + 1] ?? 0) + slope * Math.expm1(interval);
  }
  return { left, right };
}

/** The most by which H exceeds the exact hockey stick in an interval next to each grid point. */
function gaps(masses: Float64Array, interval: number): Float64Array {
  const drop = new Float64Array(masses.length);
  const widening = Math.expm1(interval);
  for (let i = 0; i + 1 < masses.length; i++) {
    const here = masses[i] ?? 0;
    const next = (masses[i + 1] ?? 0) * Math.exp(-interval);
    if (here <= 0 || next <= 0) continue;
    const gap = ((here * next) / (here + next)) * widening;
    drop[i] = Math.max(drop[i] ?? 0, gap);
    drop[i + 1] = gap;
  }
  return drop;
}

/** The same mechanism's pair with δ(ε) from below; mass at infinity is dropped. */
export function optimisticPair(pair: LossPair): LossPair {
  const { interval, first, withShopper: masses } = pair;
  const { left, right } = aboveAsymptotes(masses, interval);
  const drop = gaps(masses, interval);
  const value = (values: Float64Array, i: number): number => values[i] ?? 0;
  // Near the ends the lowered points would pass below an asymptote; there the asymptote takes their place.
  let low = 0;
  let high = masses.length - 1;
  for (let i = 0; i < masses.length; i++) if (value(left, i) < value(drop, i)) low = i + 1;
  for (let i = masses.length - 1; i >= 0; i--) if (value(right, i) < value(drop, i)) high = i - 1;
  // Where the grid cannot resolve the mechanism: that which tells nothing, dominated by all.
  const certain = Float64Array.of(1);
  const nothing = { interval, first: 0, withShopper: certain, without: certain, onlyWith: 0, onlyWithout: 0 };
  if (high - low < 2) return nothing;
  const lowered = (i: number): number =>
    i === low ? -value(left, i) : i === high ? -value(right, i) : -value(drop, i);
  const widening = Math.expm1(interval);
  const bends = new Float64Array(high - low + 1);
  for (let i = low + 1; i < high; i++) {
    const after = lowered(i + 1) - lowered(i);
    const before = (lowered(i) - lowered(i - 1)) * Math.exp(interval);
    bends[i - low] = value(masses, i) + (after - before) / widening;
  }
  bends[0] = (value(left, low + 1) - value(drop, low + 1)) / widening;
  bends[high - low] = ((value(right, high - 1) - value(drop, high - 1)) * Math.exp(interval)) / widening;
  const withShopper = convexBends(bends, interval);
  const without = withShopper.map((mass, i) => mass * Math.exp(-(first + low + i) * interval));
  return { interval, first: first + low, withShopper, without, onlyWith: 0, onlyWithout: 0 };
}
