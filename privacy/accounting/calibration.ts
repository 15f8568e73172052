/**
 * From an (ε, δ) target to what meets it: any one of noise, number of steps or sampling rate from the others (ε itself from
 * all three is `epsilonBy`), by the accountant that enforces budgets or by the tighter one.
 */
import { GuildhallError } from '../../errors/index.js';
import type { MechanismEvent } from './events.js';
import { pldEpsilon } from './pld.js';
import { epsilonOf } from './rdp.js';

/**
 * Which ε counts: by Rényi divergences, which enforces budgets; by privacy loss distributions, which holds for schedules
 * fixed before their first release; or the lesser of both, under the latter's condition.
 */
export type Accountant = 'rdp' | 'pld' | 'tighter';

/**
 * ε of a history at δ by an accountant.
 * @param delta in (0, 1); 0 is allowed for 'rdp' only
 */
export function epsilonBy(accountant: Accountant, events: readonly MechanismEvent[], delta: number): number {
  switch (accountant) {
    case 'rdp':
      return epsilonOf(events, delta);
    case 'pld':
      return pldEpsilon(events, delta);
    case 'tighter':
      return Math.min(epsilonOf(events, delta), pldEpsilon(events, delta));
  }
}

/** Relative width of the last bracket; the result is its private end, so the target is never exceeded. */
const TOLERANCE = { rdp: 1e-9, pld: 1e-6, tighter: 1e-6 } as const satisfies Record<Accountant, number>;
const LARGEST = 2 ** 40;
const SMALLEST = 2 ** -10;
/** Every so many trials the bracket is halved, whatever the secants promise. */
const HALVE_EVERY = 4;
/** The most steps that a search considers. */
const MOST_STEPS = 10_000_000;

/** What all searches aim at. */
interface Target {
  /** ε > 0 that the whole history may reach. */
  readonly epsilon: number;
  /** δ in (0, 1) of the whole history. */
  readonly delta: number;
  /** What is already spent. @default nothing */
  readonly fixed?: readonly MechanismEvent[];
  /** @default 'rdp' */
  readonly accountant?: Accountant;
}

/** A search for the least x > 0 with ε(fixed ∪ make(x)) ≤ epsilon. */
export interface CalibrationGoal extends Target {
  /** The events to add at strength x; more x must mean no more privacy loss (a noise multiplier, or 1/ε). */
  readonly make: (x: number) => readonly MechanismEvent[];
  /** The least x that makes sense. @default 2^−10 */
  readonly least?: number;
}

function requirePositive(name: string, value: number): void {
  if (!(value > 0)) throw new RangeError(`${name} must be positive, got ${value}`);
}

function impossible({ epsilon, delta }: Target, what: string): GuildhallError {
  return new GuildhallError(
    'CALIBRATION_IMPOSSIBLE',
    `${what} keeps the history within epsilon ${epsilon} at delta ${delta}.`,
    { details: { epsilon, delta } },
  );
}

/** An x with the ε that it leads to. */
interface Trial {
  readonly x: number;
  readonly epsilon: number;
}

/** Where ε, a power of x between two trials, would meet the target; their geometric mean where that says nothing. */
function interpolate(lower: Trial, upper: Trial, target: number): number {
  const share = Math.log(lower.epsilon / target) / Math.log(lower.epsilon / upper.epsilon);
  const x = lower.x * (upper.x / lower.x) ** share;
  return x > lower.x && x < upper.x ? x : Math.sqrt(lower.x * upper.x);
}

/** Narrows a bracket by secants in logarithms, trying just above and just below where they meet the target. */
function narrow(
  from: Trial,
  to: Trial,
  goal: { epsilon: number; tolerance: number; at: (x: number) => Trial },
): number {
  let lower = from;
  let upper = to;
  for (let trial = 1; upper.x > lower.x * (1 + goal.tolerance); trial++) {
    const meeting = interpolate(lower, upper, goal.epsilon);
    const aside = meeting * (1 + (trial % 2 === 0 ? -1 : 1) * (goal.tolerance / 4));
    const isUseful = trial % HALVE_EVERY !== 0 && aside > lower.x && aside < upper.x;
    const next = goal.at(isUseful ? aside : (lower.x + upper.x) / 2);
    if (next.epsilon <= goal.epsilon) upper = next;
    else lower = next;
  }
  return upper.x;
}

/**
 * Searches for the least x that keeps a composed history within (ε, δ).
 * @returns x between the least allowed and 2^40, at most 1e-9 (by RDP; 1e-6 by loss distributions) relative above the exact
 * crossing
 * @throws GuildhallError CALIBRATION_IMPOSSIBLE if no x suffices, because `fixed` alone spends the budget
 */
export function calibrate(goal: CalibrationGoal): number {
  requirePositive('epsilon', goal.epsilon);
  const { fixed = [], accountant = 'rdp', least = SMALLEST } = goal;
  const at = (x: number): Trial => ({ x, epsilon: epsilonBy(accountant, [...fixed, ...goal.make(x)], goal.delta) });
  const fits = ({ epsilon }: Trial): boolean => epsilon <= goal.epsilon;
  // What suffices by RDP nearly always does by the tighter accountant, and costs nothing to find.
  let upper = at(accountant === 'rdp' ? Math.max(1, least) : calibrate({ ...goal, accountant: 'rdp' }));
  while (!fits(upper)) {
    if (upper.x > LARGEST / 2) throw impossible(goal, 'No amount of noise');
    upper = at(2 * upper.x);
  }
  let lower = at(Math.max(least, upper.x / 2));
  while (fits(lower)) {
    if (lower.x <= least) return lower.x;
    upper = lower;
    lower = at(Math.max(least, lower.x / 2));
  }
  return narrow(lower, upper, { epsilon: goal.epsilon, tolerance: TOLERANCE[accountant], at });
}

/** A schedule of equal Gaussian rounds whose noise is wanted. */
export interface NoiseMultiplierGoal extends Target {
  /** q in (0, 1]. */
  readonly samplingRate: number;
  /** At least 1. */
  readonly steps: number;
}

/**
 * The least noise multiplier z for `steps` rounds at sampling rate q within (ε, δ).
 * @throws GuildhallError CALIBRATION_IMPOSSIBLE as {@link calibrate}
 */
export function calibrateNoiseMultiplier({ samplingRate, steps, ...target }: NoiseMultiplierGoal): number {
  return calibrate({
    ...target,
    make: (noiseMultiplier) => [{ kind: 'gaussian', noiseMultiplier, samplingRate, steps }],
  });
}

/** A schedule of equal Gaussian rounds whose sampling rate is wanted. */
export interface SamplingRateGoal extends Target {
  /** z > 0. */
  readonly noiseMultiplier: number;
  /** At least 1. */
  readonly steps: number;
}

/**
 * The greatest sampling rate q for `steps` rounds of noise z within (ε, δ).
 * @returns q in (0, 1]
 * @throws GuildhallError CALIBRATION_IMPOSSIBLE if no rate above 2^−40 is low enough
 */
export function calibrateSamplingRate({ noiseMultiplier, steps, ...target }: SamplingRateGoal): number {
  const make = (inverse: number): MechanismEvent[] => [
    { kind: 'gaussian', noiseMultiplier, samplingRate: 1 / inverse, steps },
  ];
  return 1 / calibrate({ ...target, make, least: 1 });
}

/** A schedule of equal Gaussian rounds whose length is wanted. */
export interface StepsGoal extends Target {
  /** z > 0. */
  readonly noiseMultiplier: number;
  /** q in (0, 1]. */
  readonly samplingRate: number;
}

/**
 * The greatest number of rounds of noise z at sampling rate q within (ε, δ).
 * @returns an integer from 1 to 10 million
 * @throws GuildhallError CALIBRATION_IMPOSSIBLE if not even one round fits
 */
export function calibrateSteps(goal: StepsGoal): number {
  requirePositive('epsilon', goal.epsilon);
  const { noiseMultiplier, samplingRate, fixed = [], accountant = 'rdp' } = goal;
  const fits = (steps: number): boolean => {
    const event: MechanismEvent = { kind: 'gaussian', noiseMultiplier, samplingRate, steps };
    return epsilonBy(accountant, [...fixed, event], goal.delta) <= goal.epsilon;
  };
  let lower = 0;
  let stride = 1;
  while (lower < MOST_STEPS && fits(Math.min(MOST_STEPS, lower + stride))) {
    lower = Math.min(MOST_STEPS, lower + stride);
    stride *= 2;
  }
  let upper = Math.min(MOST_STEPS + 1, lower + stride);
  while (upper - lower > 1) {
    const middle = Math.floor((lower + upper) / 2);
    if (fits(middle)) lower = middle;
    else upper = middle;
  }
  if (lower === 0) throw impossible(goal, 'Not even one round');
  return lower;
}
