/**
 * The dominating pairs of the mechanisms that a history may hold, on a grid (lossPair.ts). Each dominates its mechanism
 * whatever the data, in both directions, so compositions of pairs dominate adaptive compositions of mechanisms (Zhu, Dong
 * and Wang 2022, arXiv 2106.08567, Theorem 10).
 */
import { laplaceAtoms } from './laplace.js';
import { LossPairBuilder } from './loss-pair.js';
import type { LossPair } from './loss-pair.js';
import { sampledLoss, unsampledLoss } from './sampled-loss.js';
import { normalCdf } from './special-functions.js';

/** What a grid can hold: every event but Skellam noise, with its truncated-rounding already accounted. */
export type GridEvent =
  | { readonly kind: 'gaussian'; readonly noiseMultiplier: number; readonly samplingRate: number }
  | { readonly kind: 'laplace'; readonly noiseMultiplier: number; readonly samplingRate: number }
  | {
      readonly kind: 'discreteLaplace';
      readonly epsilon: number;
      readonly sensitivity: number;
      readonly samplingRate: number;
    }
  | { readonly kind: 'pure'; readonly epsilon: number };

/** Gaussian tails are cut at so many standard deviations: a mass of 1.8e-33 on each side, kept as loss ∞. */
const CUT = 12;
/** Widest quadrature panel, and widest for two nodes, in units of the density's scale: errors stay below 1e-12. */
const PANEL = 0.02;
const NARROW = 0.0015;
/** Grids from this interval on divide cells that sampling bends by their masses, where both are doubles. */
const WIDE = 0.01;
const SMALLEST_DENSITY = 1e-280;
/** Nodes and weights of the Gauss–Legendre rules on [−1, 1] with two and three points. */
const TWO_NODES = [
  [-Math.sqrt(1 / 3), 1],
  [Math.sqrt(1 / 3), 1],
] as const;
const THREE_NODES = [
  [-Math.sqrt(0.6), 5 / 9],
  [0, 8 / 9],
  [Math.sqrt(0.6), 5 / 9],
] as const;

/** A continuous pair whose unsampled loss at x is (2x − 1)·steepness, so that x = ½ is undecided. */
interface AffinePair {
  readonly steepness: number;
  /** Densities under P and Q. */
  readonly p: (x: number) => number;
  readonly q: (x: number) => number;
  readonly from: number;
  readonly to: number;
  /** Length over which densities change. */
  readonly scale: number;
  /** Length over which sampling bends the loss. */
  readonly bend: number;
}

/** Spreads a continuous pair over the grid, cell by cell, by quadrature inside each. */
function addContinuous(builder: LossPairBuilder, pair: AffinePair, samplingRate: number, interval: number): void {
  const { steepness, from, to } = pair;
  const place = (loss: number): number => unsampledLoss(samplingRate, loss) / (2 * steepness) + 0.5;
  const lossAt = (x: number): number => sampledLoss(samplingRate, (2 * x - 1) * steepness);
  let left = from;
  for (let k = Math.floor(lossAt(from) / interval); left < to; k++) {
    const right = Math.min(to, Math.max(left, place((k + 1) * interval)));
    const isWide = interval >= WIDE && pair.bend < Infinity && pair.q(right) > SMALLEST_DENSITY;
    const scale = isWide ? pair.scale : Math.min(pair.scale, pair.bend);
    const panels = Math.ceil((right - left) / (PANEL * scale));
    const width = (right - left) / panels / 2;
    const nodes = right - left < NARROW * scale ? TWO_NODES : THREE_NODES;
    let cellP = 0;
    let cellQ = 0;
    for (let panel = 0; panel < panels; panel++) {
      const middle = left + (2 * panel + 1) * width;
      for (const [node, weight] of nodes) {
        const x = middle + node * width;
        const q = weight * width * pair.q(x);
        const p = samplingRate === 1 ? weight * width * pair.p(x) : mix(samplingRate, weight * width * pair.p(x), q);
        cellP += p;
        cellQ += q;
        if (!isWide) builder.addWithin(k, p, q, lossAt(x));
      }
    }
    if (isWide) builder.addCell(k, cellP, cellQ);
    left = right;
  }
}

/** Mass under P once the shopper takes part only with chance q. */
function mix(samplingRate: number, p: number, q: number): number {
  return (1 - samplingRate) * q + samplingRate * p;
}

function gaussianPair(noiseMultiplier: number, samplingRate: number, interval: number): LossPair {
  const z = noiseMultiplier;
  const steepness = 1 / z / z / 2;
  const from = -CUT * z;
  const to = 1 + CUT * z;
  const density = 1 / (z * Math.sqrt(2 * Math.PI));
  const builder = new LossPairBuilder(
    interval,
    sampledLoss(samplingRate, (2 * from - 1) * steepness),
    sampledLoss(samplingRate, (2 * to - 1) * steepness),
  );
  addContinuous(
    builder,
    {
      steepness,
      p: (x) => density * Math.exp(-(x - 1) * (x - 1) * steepness),
      q: (x) => density * Math.exp(-x * x * steepness),
      from,
      to,
      scale: z,
      bend: samplingRate === 1 ? Infinity : 2.5 * z * z,
    },
    samplingRate,
    interval,
  );
  const near = normalCdf(-CUT);
  const far = normalCdf(-CUT - 1 / z);
  builder.addTruncated(mix(samplingRate, near + far, near + far), near + far);
  return builder.build();
}

/** P = Laplace(1, b) and Q = Laplace(0, b): two atoms of loss ±1/b and a continuous part between them. */
function laplacePair(noiseMultiplier: number, samplingRate: number, interval: number): LossPair {
  const rate = 1 / noiseMultiplier;
  const builder = new LossPairBuilder(interval, sampledLoss(samplingRate, -rate), sampledLoss(samplingRate, rate));
  const outer = Math.exp(-rate) / 2;
  builder.add(mix(samplingRate, 0.5, outer), outer, sampledLoss(samplingRate, rate));
  builder.add(mix(samplingRate, outer, 0.5), 0.5, sampledLoss(samplingRate, -rate));
  addContinuous(
    builder,
    {
      steepness: rate,
      p: (x) => (rate / 2) * Math.exp(-rate * (1 - x)),
      q: (x) => (rate / 2) * Math.exp(-rate * x),
      from: 0,
      to: 1,
      scale: noiseMultiplier,
      bend: Infinity,
    },
    samplingRate,
    interval,
  );
  return builder.build();
}

function discreteLaplacePair(epsilon: number, sensitivity: number, samplingRate: number, interval: number): LossPair {
  const builder = new LossPairBuilder(
    interval,
    sampledLoss(samplingRate, -epsilon),
    sampledLoss(samplingRate, epsilon),
  );
  for (const { p, q, loss } of laplaceAtoms(epsilon, sensitivity))
    builder.add(mix(samplingRate, p, q), q, sampledLoss(samplingRate, loss));
  return builder.build();
}

/** Randomised response, of which every ε-DP mechanism is a post-processing (Kairouz, Oh and Viswanath 2015). */
function purePair(epsilon: number, interval: number): LossPair {
  const builder = new LossPairBuilder(interval, -epsilon, epsilon);
  const likely = 1 / (1 + Math.exp(-epsilon));
  const unlikely = Math.exp(-epsilon) * likely;
  builder.add(likely, unlikely, epsilon);
  builder.add(unlikely, likely, -epsilon);
  return builder.build();
}

/**
 * One release of a mechanism as a pair on the grid.
 * @param interval h > 0
 */
export function dominatingPair(event: GridEvent, interval: number): LossPair {
  switch (event.kind) {
    case 'gaussian':
      return gaussianPair(event.noiseMultiplier, event.samplingRate, interval);
    case 'laplace':
      return laplacePair(event.noiseMultiplier, event.samplingRate, interval);
    case 'discreteLaplace':
      return discreteLaplacePair(event.epsilon, event.sensitivity, event.samplingRate, interval);
    case 'pure':
      return purePair(event.epsilon, interval);
  }
}

/** The greatest loss that the grid of one release must hold. */
export function greatestLoss(event: GridEvent): number {
  switch (event.kind) {
    case 'gaussian': {
      const { noiseMultiplier: z, samplingRate } = event;
      return sampledLoss(samplingRate, (2 * CUT * z + 1) / z / z / 2);
    }
    case 'laplace':
      return sampledLoss(event.samplingRate, 1 / event.noiseMultiplier);
    case 'discreteLaplace':
      return sampledLoss(event.samplingRate, event.epsilon);
    case 'pure':
      return event.epsilon;
  }
}
