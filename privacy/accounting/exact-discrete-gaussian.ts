/**
 * The discrete Gaussian on one coordinate exactly, by summing its mass function, also cut off at a bound (Canonne, Kamath
 * and Steinke 2020). For vectors, and under sampling, accountants take bounds instead (see `DiscreteGaussianEvent`).
 */

/** P(x) ∝ e^(−x²/2σ²) on the integers, or on those of magnitude at most `truncation`. */
export interface DiscreteGaussian {
  /** σ > 0, the parameter; the standard deviation is slightly less. */
  readonly deviation: number;
  /** A positive integer. @default none */
  readonly truncation?: number;
}

/** Standard deviations beyond which masses vanish in double precision. */
const CUT = 40;

function bell({ deviation }: DiscreteGaussian, x: number): number {
  return Math.exp(-(x * x) / (2 * deviation * deviation));
}

/** Largest magnitude with mass. */
function reach({ deviation, truncation }: DiscreteGaussian): number {
  if (!(deviation > 0 && deviation <= 1e5)) throw new RangeError(`deviation must be in (0, 1e5], got ${deviation}`);
  const natural = Math.ceil(CUT * deviation) + 1;
  return truncation === undefined ? natural : Math.min(natural, truncation);
}

/**
 * Normaliser Σ e^(−x²/2σ²) and variance.
 * @throws RangeError for an impossible deviation
 */
export function discreteGaussianMoments(noise: DiscreteGaussian): {
  readonly normaliser: number;
  readonly variance: number;
} {
  let normaliser = 0;
  let squares = 0;
  for (let x = reach(noise); x > 0; x--) {
    normaliser += 2 * bell(noise, x);
    squares += 2 * x * x * bell(noise, x);
  }
  normaliser += 1;
  return { normaliser, variance: squares / normaliser };
}

/**
 * The least δ at which adding such noise to an integer of sensitivity Δ (a positive integer) is (ε, δ)-DP.
 * @param epsilon ε ≥ 0
 */
export function discreteGaussianDelta(
  noise: DiscreteGaussian & { readonly sensitivity: number },
  epsilon: number,
): number {
  const { sensitivity } = noise;
  if (!Number.isSafeInteger(sensitivity) || sensitivity < 1)
    throw new RangeError(`sensitivity must be a positive integer, got ${sensitivity}`);
  if (!(epsilon >= 0)) throw new RangeError(`epsilon must be at least 0, got ${epsilon}`);
  const bound = reach(noise);
  const { normaliser } = discreteGaussianMoments(noise);
  // Ordered by falling loss: from the left end, where the shifted noise has no mass.
  let delta = 0;
  for (let x = -bound; x <= bound; x++) {
    const shifted = x - sensitivity;
    const other = shifted < -bound && noise.truncation !== undefined ? 0 : Math.exp(epsilon) * bell(noise, shifted);
    const excess = bell(noise, x) - other;
    if (excess < 0) break;
    delta += excess;
  }
  return Math.min(1, delta / normaliser);
}

/**
 * The least σ with which one integer release of sensitivity Δ is (ε, δ)-DP.
 * @param goal ε ≥ 0, δ in (0, 1), Δ a positive integer
 */
export function discreteGaussianDeviation(goal: {
  readonly epsilon: number;
  readonly delta: number;
  readonly sensitivity: number;
}): number {
  const { epsilon, delta, sensitivity } = goal;
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be in (0, 1), got ${delta}`);
  const isPrivate = (deviation: number): boolean => discreteGaussianDelta({ deviation, sensitivity }, epsilon) <= delta;
  let upper = sensitivity;
  while (!isPrivate(upper)) upper *= 2;
  let lower = 0;
  while (upper - lower > 1e-10 * upper) {
    const middle = (lower + upper) / 2;
    if (isPrivate(middle)) upper = middle;
    else lower = middle;
  }
  return upper;
}
