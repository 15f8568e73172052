/** From an (ε, δ) target to the noise that meets it, by bisection over the enforcing accountant. */
import { GuildhallError } from '../../errors/index.js';
import type { MechanismEvent } from './events.js';
import { epsilonOf } from './rdp.js';

/** Relative width of the last bracket; the result is its private end, so the target is never exceeded. */
const TOLERANCE = 1e-9;
const LARGEST = 2 ** 40;
const SMALLEST = 2 ** -10;

/** A search for the least x > 0 with ε(fixed ∪ make(x)) ≤ epsilon. */
export interface CalibrationGoal {
  /** ε > 0 that the whole history may reach. */
  readonly epsilon: number;
  /** δ in (0, 1) of the whole history. */
  readonly delta: number;
  /** What is already spent. @default nothing */
  readonly fixed?: readonly MechanismEvent[];
  /** The events to add at strength x; more x must mean no more privacy loss (a noise multiplier, or 1/ε). */
  readonly make: (x: number) => readonly MechanismEvent[];
}

/**
 * Bisects for the least x that keeps a composed history within (ε, δ).
 * @returns x in [2^−10, 2^40], at most 1e-9 relative above the exact crossing
 * @throws GuildhallError CALIBRATION_IMPOSSIBLE if no x suffices, because `fixed` alone spends the budget
 */
export function calibrate(goal: CalibrationGoal): number {
  if (!(goal.epsilon > 0)) throw new RangeError(`epsilon must be positive, got ${goal.epsilon}`);
  const fixed = goal.fixed ?? [];
  const within = (x: number): boolean => epsilonOf([...fixed, ...goal.make(x)], goal.delta) <= goal.epsilon;
  let upper = 1;
  while (!within(upper)) {
    upper *= 2;
    if (upper > LARGEST) {
      throw new GuildhallError(
        'CALIBRATION_IMPOSSIBLE',
        `No amount of noise keeps the history within epsilon ${goal.epsilon} at delta ${goal.delta}.`,
        { details: { epsilon: goal.epsilon, delta: goal.delta } },
      );
    }
  }
  let lower = upper / 2;
  while (within(lower)) {
    if (lower <= SMALLEST) return lower;
    upper = lower;
    lower /= 2;
  }
  while (upper - lower > upper * TOLERANCE) {
    const middle = (lower + upper) / 2;
    if (within(middle)) upper = middle;
    else lower = middle;
  }
  return upper;
}

/** A schedule of equal Gaussian rounds whose noise is wanted. */
export interface NoiseMultiplierGoal {
  readonly epsilon: number;
  readonly delta: number;
  /** q in (0, 1]. */
  readonly samplingRate: number;
  /** At least 1. */
  readonly steps: number;
  /** What is already spent. @default nothing */
  readonly fixed?: readonly MechanismEvent[];
}

/**
 * The least noise multiplier z for `steps` rounds at sampling rate q within (ε, δ), by the enforcing accountant.
 * @throws GuildhallError CALIBRATION_IMPOSSIBLE as {@link calibrate}
 */
export function calibrateNoiseMultiplier(goal: NoiseMultiplierGoal): number {
  const { epsilon, delta, samplingRate, steps, fixed = [] } = goal;
  return calibrate({
    epsilon,
    delta,
    fixed,
    make: (noiseMultiplier) => [{ kind: 'gaussian', noiseMultiplier, samplingRate, steps }],
  });
}
