/**
 * One merchant's share of the round's noise.
 *
 * Shares are scaled to the fewest inputs that the clients would ever accept, less the colluders among them who know
 * their own shares and can subtract them: U_min − c honest shares already carry the whole noise. More survivors mean
 * more noise than accounted, never less. The number of merchants expected plays no part.
 */
import { GuildhallError } from '../../errors/index.js';
import { dyadicExponent } from './bernoulliExp.js';
import type { DyadicExponent } from './bernoulliExp.js';
import { discreteGaussianVariance, sampleDiscreteGaussian } from './discreteGaussian.js';
import type { DiscreteGaussianVariance } from './discreteGaussian.js';
import { samplePolya } from './polya.js';
import { Coins } from './random.js';
import type { RandomSource } from './random.js';

/** Least standard deviation of a Gaussian share, in quanta: a sum of up to 2000 is then within 3e-38 of a discrete Gaussian. */
export const MINIMUM_SHARE_DEVIATION = 3;
/** Largest standard deviation of a Gaussian share that the sampler's integers hold, in quanta. */
export const MAXIMUM_SHARE_DEVIATION = 2 ** 22;

/** Whom the noise must outlast. */
export interface SurvivalTerms {
  /** U_min: the fewest inputs that clients accept in a sum. */
  readonly minimumSurvivors: number;
  /** c: how many of them may pool what they know. */
  readonly colluders: number;
}

/** Discrete Gaussian noise for a sum of L2-clipped contributions. */
export interface GaussianNoiseTerms extends SurvivalTerms {
  readonly mechanism: 'gaussian';
  /** z > 0: standard deviation of the guaranteed noise over Δ. */
  readonly noiseMultiplier: number;
  /** Δ in quanta, with rounding included (see `gaussianSensitivity`). */
  readonly sensitivity: number;
}

/** Discrete Laplace noise for a sum of integer counts with bounded L1 norm: pure ε-DP. */
export interface LaplaceNoiseTerms extends SurvivalTerms {
  readonly mechanism: 'laplace';
  /** ε > 0 of the release. */
  readonly epsilon: number;
  /** Δ: the L1 norm K of a shopper's counts, times its merchants. A positive integer. */
  readonly sensitivity: number;
}

export type NoiseTerms = GaussianNoiseTerms | LaplaceNoiseTerms;

/** What one merchant draws for each coordinate. */
export type NoiseShare =
  | {
      readonly kind: 'gaussian';
      /** σ_i² in quanta², rounded up to what is sampled exactly. */
      readonly variance: DiscreteGaussianVariance;
    }
  | {
      readonly kind: 'polya';
      /** m = U_min − c. */
      readonly shares: number;
      /** ε/Δ, rounded down: α = e^−γ. */
      readonly exponent: DyadicExponent;
    };

/**
 * U_min − c, the honest inputs that every accepted sum contains.
 * @throws GuildhallError NOISE_TERMS_INVALID unless both are integers and the difference is at least 1
 */
export function honestSurvivors({ minimumSurvivors, colluders }: SurvivalTerms): number {
  const honest = minimumSurvivors - colluders;
  if (!Number.isSafeInteger(minimumSurvivors) || !Number.isSafeInteger(colluders) || colluders < 0 || honest < 1) {
    throw new GuildhallError(
      'NOISE_TERMS_INVALID',
      `Of at least ${minimumSurvivors} merchants in a sum, ${colluders} may collude: no honest noise is sure to remain.`,
      { details: { minimumSurvivors, colluders } },
    );
  }
  return honest;
}

function requirePositive(name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new GuildhallError('NOISE_TERMS_INVALID', `The ${name} must be positive and finite, not ${value}.`, {
    details: { [name]: value },
  });
}

/**
 * The share that a merchant must add: σ_i² = z²Δ²/(U_min − c) quanta², or Pólya(1/(U_min − c)) − Pólya(1/(U_min − c)).
 * @throws GuildhallError NOISE_TERMS_INVALID for terms that protect nobody, NOISE_OUT_OF_RANGE for a Gaussian share
 * below 3 or above 2^22 quanta or a Laplace decay Δ/ε beyond 2^22
 */
export function noiseShare(terms: NoiseTerms): NoiseShare {
  const shares = honestSurvivors(terms);
  requirePositive('sensitivity', terms.sensitivity);
  if (terms.mechanism === 'gaussian') {
    requirePositive('noise multiplier', terms.noiseMultiplier);
    const deviation = (terms.noiseMultiplier * terms.sensitivity) / Math.sqrt(shares);
    if (!(deviation >= MINIMUM_SHARE_DEVIATION && deviation <= MAXIMUM_SHARE_DEVIATION)) {
      throw new GuildhallError(
        'NOISE_OUT_OF_RANGE',
        `One share would have a standard deviation of ${deviation} quanta.`,
        {
          details: { deviation },
        },
      );
    }
    // Eight ulps cover the rounding of the deviation and its square.
    return { kind: 'gaussian', variance: discreteGaussianVariance(deviation ** 2 * (1 + 8 * Number.EPSILON)) };
  }
  requirePositive('epsilon', terms.epsilon);
  if (!Number.isSafeInteger(terms.sensitivity)) {
    throw new GuildhallError('NOISE_TERMS_INVALID', `Counts have a whole L1 bound, not ${terms.sensitivity}.`, {
      details: { sensitivity: terms.sensitivity },
    });
  }
  // Two ulps below cover the rounding of the division and of this product.
  const decay = (terms.epsilon / terms.sensitivity) * (1 - 2 * Number.EPSILON);
  if (!(decay >= 2 ** -22 && decay <= 2 ** 20)) {
    throw new GuildhallError('NOISE_OUT_OF_RANGE', `Laplace noise of scale ${1 / decay} quanta cannot be drawn.`, {
      details: { epsilon: terms.epsilon, sensitivity: terms.sensitivity },
    });
  }
  return { kind: 'polya', shares, exponent: dyadicExponent(decay) };
}

/**
 * Draws one merchant's noise, once for each coordinate. Every call is fresh: a re-run of a round draws again.
 *
 * Its running time depends on what is drawn; call it in a batch, off the response path.
 * @param dimension d ≥ 0
 * @param random a cryptographic source in production
 * @returns d values in quanta; mod 2^32 where the exact value leaves 32 bits (a chance below e^−500 for shares in range),
 * which is post-processing in a ring of at most 32 bits
 */
export function sampleNoise(share: NoiseShare, dimension: number, random: RandomSource): Int32Array {
  const noise = new Int32Array(dimension);
  const coins = new Coins(random, dimension * 24);
  try {
    if (share.kind === 'gaussian') {
      for (let i = 0; i < dimension; i++) noise[i] = sampleDiscreteGaussian(coins, share.variance);
    } else {
      const { shares, exponent } = share;
      for (let i = 0; i < dimension; i++)
        noise[i] = samplePolya(coins, shares, exponent) - samplePolya(coins, shares, exponent);
    }
  } finally {
    coins.wipe();
  }
  return noise;
}
