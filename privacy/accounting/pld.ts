/**
 * The accountant by privacy loss distributions: numerically tight (ε, δ) of a history of different mechanisms, as an
 * interval around the exact value.
 *
 * It holds for schedules fixed before their first release. Where later releases are chosen after seeing earlier results it
 * is no valid stopping rule (arXiv 2602.06756): budgets are enforced by Rényi divergences (rdp.ts), and this accountant
 * only reports beside them.
 *
 * A shopper is either in all of a history's data or in none, so removing and adding are each composed as a whole and the
 * worse one counts (Zhu, Dong and Wang 2022).
 */
import { composeLosses } from './composition.js';
import type { LossFactor, LossSum, LossTarget } from './composition.js';
import { dominatingPair, greatestLoss } from './dominating-pairs.js';
import type { GridEvent } from './dominating-pairs.js';
import { checkEvents, isNothing, mergeEqual, ROUNDING_VARIANCE } from './events.js';
import type { MechanismEvent } from './events.js';
import { deltaAt, epsilonAt } from './hockey-stick.js';
import type { Side } from './hockey-stick.js';
import type { LossPair } from './loss-pair.js';
import { optimisticPair } from './optimistic-pair.js';
import { rdpCurve, SMALLEST_ORDER } from './rdp.js';

/** How a history's losses are put on a grid. */
export interface PldOptions {
  /**
   * h: the widest distance of losses on the grid. It is taken finer where single losses are small, and coarser where the
   * history's are so large that the grid would not fit into memory; results are bounds all the same.
   * @default 1e-4
   */
  readonly interval?: number;
}

/** Bounds around an exact value. */
export interface Bounds {
  /** Never below the exact value: the one to report. */
  readonly upper: number;
  /** Never above the exact value. */
  readonly lower: number;
}

const DEFAULT_INTERVAL = 1e-4;
/** Most cells of one release's grid. */
const LARGEST_GRID = 2 ** 18;
/** Finest grid: below it nothing is spent that shows. */
const FINEST_INTERVAL = 1e-9;
/** Rounding to the grid may add at most this share to the variance of the composed loss. */
const VARIANCE_SHARE = 2e-5;

/** A release and how often it ran. */
interface Repeated {
  readonly event: GridEvent;
  readonly times: number;
}

/**
 * The history as the grid holds it: equal mechanisms merged, discrete Gaussians as the continuous ones that they round,
 * and all unsampled Gaussians as one with z^−2 = Σ z_i^−2, which is exact.
 * @returns undefined if the history holds what no grid can: Skellam noise, or a discrete Gaussian too narrow to be rounding
 */
function gridEvents(events: readonly MechanismEvent[]): Repeated[] | undefined {
  const grid: Repeated[] = [];
  let squaredShift = 0;
  for (const { event, times } of mergeEqual(events)) {
    if (event.kind === 'skellam') return undefined;
    if (event.kind !== 'gaussian' && event.kind !== 'discreteGaussian') {
      grid.push({ event, times });
      continue;
    }
    const noiseMultiplier =
      event.kind === 'gaussian'
        ? event.noiseMultiplier
        : Math.sqrt(event.deviation ** 2 - ROUNDING_VARIANCE) / event.sensitivity;
    if (!(noiseMultiplier > 0)) return undefined;
    const { samplingRate } = event;
    if (samplingRate === 1) squaredShift += times / noiseMultiplier / noiseMultiplier;
    else if (noiseMultiplier < Infinity)
      grid.push({ event: { kind: 'gaussian', noiseMultiplier, samplingRate }, times });
  }
  if (squaredShift > 0)
    grid.push({
      event: { kind: 'gaussian', noiseMultiplier: 1 / Math.sqrt(squaredShift), samplingRate: 1 },
      times: 1,
    });
  return grid;
}

/** The spacing of a mechanism's losses, where they lie on a grid of their own. */
function latticeUnit({ event }: Repeated): number | undefined {
  if (event.kind === 'pure') return event.epsilon;
  if (event.kind === 'discreteLaplace' && event.samplingRate === 1) return event.epsilon / event.sensitivity;
  return undefined;
}

function chooseInterval(events: readonly MechanismEvent[], grid: readonly Repeated[], widest: number): number {
  const units = grid.map(latticeUnit);
  const unit = units.find((value) => value !== undefined);
  // A history on one lattice has an exact grid.
  if (unit !== undefined && units.every((value) => value === unit)) return unit;
  // The variance of a loss is about twice its divergence; rounding adds at most h²/4 a release, typically h²/6.
  const variance = rdpCurve(events, [SMALLEST_ORDER]).values.reduce((sum, value) => sum + 2 * value, 0);
  const steps = grid.reduce((sum, { times }) => sum + times, 0);
  const interval = Math.min(widest, Math.sqrt((6 * VARIANCE_SHARE * variance) / steps));
  const least = Math.max(...grid.map(({ event }) => greatestLoss(event))) / (LARGEST_GRID / 2);
  const wanted = Math.max(FINEST_INTERVAL, interval, least);
  return unit === undefined || unit <= wanted ? wanted : unit / Math.ceil(unit / wanted);
}

/** Both directions of a composed history: what one step of the accountant works on. */
interface Grid {
  readonly interval: number;
  readonly pairs: readonly { readonly pair: LossPair; readonly times: number }[];
}

function buildGrid(grid: readonly Repeated[], interval: number, side: Side): Grid {
  const pairs = grid.map(({ event, times }) => {
    const pair = dominatingPair(event, interval);
    return { pair: side === 'upper' ? pair : optimisticPair(pair), times };
  });
  return { interval, pairs };
}

/** A direction: the shopper's data removed, or added. */
interface Direction {
  readonly factors: readonly LossFactor[];
  /** Mass at infinite loss of the whole history. */
  readonly infinite: number;
}

function directions({ pairs }: Grid): Direction[] {
  const infiniteOf = (mass: (pair: LossPair) => number): number =>
    -Math.expm1(pairs.reduce((sum, { pair, times }) => sum + times * Math.log1p(-mass(pair)), 0));
  const removing: Direction = {
    factors: pairs.map(({ pair, times }) => ({ first: pair.first, masses: pair.withShopper, times })),
    infinite: infiniteOf(({ onlyWith }) => onlyWith),
  };
  const adding: Direction = {
    factors: pairs.map(({ pair, times }) => ({
      first: 1 - pair.first - pair.without.length,
      masses: pair.without.toReversed(),
      times,
    })),
    infinite: infiniteOf(({ onlyWithout }) => onlyWithout),
  };
  return [removing, adding];
}

/** Whether adding and removing cost the same. */
function isSymmetric(grid: readonly Repeated[]): boolean {
  return grid.every(({ event }) => event.kind === 'pure' || event.samplingRate === 1);
}

/** The worse direction's answer. */
function worst(
  grid: readonly Repeated[],
  interval: number,
  side: Side,
  target: LossTarget,
  read: (sum: LossSum, infinite: number) => number,
): number {
  for (let h = interval; ; h *= 4) {
    const built = directions(buildGrid(grid, h, side)).slice(0, isSymmetric(grid) ? 1 : 2);
    const sums = built.map(({ factors, infinite }) => ({ sum: composeLosses(factors, h, target), infinite }));
    const answers = sums.flatMap(({ sum, infinite }) => (sum === undefined ? [] : [read(sum, infinite)]));
    if (answers.length === built.length) return Math.max(...answers);
  }
}

/** A history's estimates, from one side. */
function account(
  events: readonly MechanismEvent[],
  options: PldOptions,
  target: LossTarget,
  side: Side,
  read: (sum: LossSum, infinite: number) => number,
): number | undefined {
  checkEvents(events);
  const spent = events.filter((event) => !isNothing(event));
  const grid = gridEvents(spent);
  if (grid === undefined) return undefined;
  if (grid.length === 0) return 0;
  const interval = chooseInterval(spent, grid, options.interval ?? DEFAULT_INTERVAL);
  return worst(grid, interval, side, target, read);
}

function requireDelta(delta: number): void {
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be in (0, 1), got ${delta}`);
}

function requireEpsilon(epsilon: number): void {
  if (!(epsilon >= 0)) throw new RangeError(`epsilon must be at least 0, got ${epsilon}`);
}

/**
 * ε of a history at δ, from above.
 * @param delta in (0, 1)
 * @returns ∞ for histories that no grid holds (Skellam noise, discrete Gaussians of deviation 3 or less)
 * @throws RangeError for impossible events
 */
export function pldEpsilon(events: readonly MechanismEvent[], delta: number, options: PldOptions = {}): number {
  requireDelta(delta);
  const read = (sum: LossSum, infinite: number): number => epsilonAt(sum, infinite, delta, 'upper');
  return account(events, options, { kind: 'delta', delta }, 'upper', read) ?? Infinity;
}

/**
 * δ of a history at ε, from above; at ε = 0 it is the total variation.
 * @param epsilon at least 0
 * @returns 1 for histories that no grid holds
 * @throws RangeError for impossible events
 */
export function pldDelta(events: readonly MechanismEvent[], epsilon: number, options: PldOptions = {}): number {
  requireEpsilon(epsilon);
  const read = (sum: LossSum, infinite: number): number => deltaAt(sum, infinite, epsilon, 'upper');
  return account(events, options, { kind: 'epsilon', epsilon }, 'upper', read) ?? 1;
}

/** {@link pldEpsilon} from both sides. */
export function pldEpsilonBounds(events: readonly MechanismEvent[], delta: number, options: PldOptions = {}): Bounds {
  const read = (sum: LossSum): number => epsilonAt(sum, 0, delta, 'lower');
  const upper = pldEpsilon(events, delta, options);
  return { upper, lower: account(events, options, { kind: 'delta', delta }, 'lower', read) ?? 0 };
}

/** {@link pldDelta} from both sides. */
export function pldDeltaBounds(events: readonly MechanismEvent[], epsilon: number, options: PldOptions = {}): Bounds {
  const read = (sum: LossSum): number => deltaAt(sum, 0, epsilon, 'lower');
  const upper = pldDelta(events, epsilon, options);
  return { upper, lower: account(events, options, { kind: 'epsilon', epsilon }, 'lower', read) ?? 0 };
}
