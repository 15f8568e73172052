import type { GaussianEvent } from '../accounting/events.js';
import { pldDelta, pldEpsilon } from '../accounting/pld.js';
import { rulesOut } from './profile-bound.js';
import type { PrivacyProfile } from './profile-bound.js';
import type { GuessRecord } from './record.js';

/** Points of a profile: ε in equal steps from 0 to where δ is {@link SMALLEST_DELTA}. */
const POINTS = 24;
const SMALLEST_DELTA = 1e-5;
const GRID = { interval: 1e-3 } as const;

/** The profile of repeated sampled Gaussian sums by privacy loss distributions: δ at ε from 0 upwards, never too low. */
export function gaussianProfile(event: GaussianEvent): PrivacyProfile {
  const largest = pldEpsilon([event], SMALLEST_DELTA, GRID);
  return Array.from({ length: POINTS + 1 }, (_, i) => {
    const epsilon = (largest * i) / POINTS;
    return { epsilon, delta: pldDelta([event], epsilon, GRID) };
  });
}

/** What guesses rule out of a schedule of Gaussian sums. */
export interface GaussianLowerBound {
  /** ε at δ of the schedule with that noise multiplier; 0 where nothing is ruled out. */
  readonly epsilon: number;
  /** Every noise multiplier from here on is ruled out; ∞ where none is. */
  readonly noiseMultiplier: number;
}

const SMALLEST_MULTIPLIER = 2 ** -4;
const LARGEST_MULTIPLIER = 2 ** 12;
/** The search goes down by this factor first: profiles of much noise are quick, those of little are not. */
const STRIDE = 4;
/** Halvings of the last stride, in logarithms: a precision of 2^−7. */
const STEPS = 8;

/**
 * A lower bound on ε at δ from guesses on a schedule of Gaussian sums with known sampling rate and number of steps: the
 * schedule's ε with the least noise that the guesses do not allow. So it bounds how much noise there is, as one knob; that
 * the claim itself is untenable is said by `rulesOut` alone and needs no such family.
 * @param schedule sampling rate q and steps T
 * @param options δ at which ε is stated, and significance 1 − confidence
 */
export function gaussianLowerBound(
  record: GuessRecord,
  { samplingRate, steps }: Pick<GaussianEvent, 'samplingRate' | 'steps'>,
  options: { readonly delta: number; readonly significance: number },
): GaussianLowerBound {
  const eventOf = (noiseMultiplier: number): GaussianEvent => ({
    kind: 'gaussian',
    noiseMultiplier,
    samplingRate,
    steps,
  });
  const excluded = (noiseMultiplier: number): boolean =>
    rulesOut(gaussianProfile(eventOf(noiseMultiplier)), record, options.significance);
  if (!excluded(LARGEST_MULTIPLIER)) return { epsilon: 0, noiseMultiplier: Infinity };
  let high = LARGEST_MULTIPLIER;
  while (high > SMALLEST_MULTIPLIER && excluded(high / STRIDE)) high /= STRIDE;
  let low = high / STRIDE;
  for (let step = 0; step < STEPS; step++) {
    const middle = Math.sqrt(low * high);
    if (excluded(middle)) high = middle;
    else low = middle;
  }
  return { epsilon: pldEpsilon([eventOf(high)], options.delta), noiseMultiplier: high };
}
