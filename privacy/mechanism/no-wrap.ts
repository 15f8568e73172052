/**
 * The clamp B that keeps n clamped inputs and all their noise inside the signed range of Z_{2^w}, so the decoded sum is
 * the true one. Clamping is the only place where data can lose; the noise is never cut.
 */
import { GuildhallError } from '../../errors/index.js';
import { honestSurvivors } from '../noise/noise-share.js';
import type { SurvivalTerms } from '../noise/noise-share.js';

/** κ: a coordinate's noise leaves ±κσ with probability below 1e-17. */
const GAUSSIAN_TAIL = 8.6;
/** ln of the inverse chance that any coordinate's Laplace noise leaves the range: e^−28 < 1e-12. */
const LAPLACE_TAIL = 28;
/** ln(4/3), rounded up: the moment bound of one discrete Laplace at half its decay. */
const LAPLACE_MOMENT = 0.29;

/** The ring and who adds into it. */
export interface RingTerms extends SurvivalTerms {
  /** w in 2..32. */
  readonly ringBits: number;
  /** n: how many merchants may be in the sum at most, all of them adding noise. */
  readonly merchants: number;
}

/** The largest B with n·B + noise < 2^(w−1). */
function largestClamp({ ringBits, merchants }: RingTerms, noise: number): number {
  if (!Number.isInteger(ringBits) || ringBits < 2 || ringBits > 32)
    throw new RangeError(`ringBits must be an integer in [2, 32], got ${ringBits}`);
  if (!Number.isSafeInteger(merchants) || merchants < 1)
    throw new RangeError(`merchants must be a positive integer, got ${merchants}`);
  const room = 2 ** (ringBits - 1) - noise;
  const bound = Math.ceil(room / merchants) - 1;
  if (!(bound >= 1)) {
    throw new GuildhallError(
      'RING_TOO_SMALL',
      `A ring of ${ringBits} bits cannot hold ${merchants} inputs with up to ${Math.ceil(noise)} quanta of noise.`,
      { details: { ringBits, merchants, noise } },
    );
  }
  return bound;
}

/**
 * B for discrete Gaussian noise: n·B + 8.6·zΔ·√(n/(U_min − c)) < 2^(w−1).
 * @throws GuildhallError RING_TOO_SMALL if not even B = 1 fits
 */
export function gaussianClamp(
  terms: RingTerms & { readonly noiseMultiplier: number; readonly sensitivity: number },
): number {
  const spread = Math.sqrt(terms.merchants / honestSurvivors(terms));
  return largestClamp(terms, GAUSSIAN_TAIL * terms.noiseMultiplier * terms.sensitivity * spread);
}

/**
 * B for discrete Laplace noise: n·B + (2Δ/ε)(ln 2d + 28 + 0.29·n/(U_min − c)) < 2^(w−1), by a Chernoff bound at half the
 * decay, over all d coordinates.
 * @throws GuildhallError RING_TOO_SMALL if not even B = 1 fits
 */
export function laplaceClamp(
  terms: RingTerms & { readonly epsilon: number; readonly sensitivity: number; readonly dimension: number },
): number {
  const { epsilon, sensitivity, dimension, merchants } = terms;
  const shares = merchants / honestSurvivors(terms);
  const tail = Math.log(2 * dimension) + LAPLACE_TAIL + LAPLACE_MOMENT * shares;
  return largestClamp(terms, ((2 * sensitivity) / epsilon) * tail);
}
