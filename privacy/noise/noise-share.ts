/**
 * One merchant's share of the round's noise.
 *
 * Shares are scaled to the fewest inputs that the clients would ever accept, less the colluders among them who know
 * their own shares and can subtract them: U_min − c honest shares already carry the whole noise. More survivors mean
 * more noise than accounted, never less. The number of merchants expected plays no part.
 */
import { GuildhallError } from '../../errors/index.js';
import { dyadicExponent } from './bernoulli-exp.js';
import type { DyadicExponent } from './bernoulli-exp.js';
import { discreteGaussianVariance, sampleDiscreteGaussian } from './discrete-gaussian.js';
import type { DiscreteGaussianVariance } from './discrete-gaussian.js';
import { polyaTerms, samplePolya } from './polya.js';
import { Coins } from './random.js';
import type { RandomSource } from './random.js';

/** Least standard deviation of a Gaussian share, in quanta: a sum of up to 2000 is then within 3e-38 of a discrete Gaussian. */
export const MINIMUM_SHARE_DEVIATION = 3;
/** Largest standard deviation of a Gaussian share that the sampler's integers hold, in quanta. */
export const MAXIMUM_SHARE_DEVIATION = 2 ** 22;
const MOST_POLYA_SHARES = 2 ** 20;
/** About how many random words a value takes. */
const WORDS_A_VALUE = { gaussian: 24, polya: 3 } as const;

/** Whom the noise must outlast. */
export interface SurvivalTerms {
  /** U_min: the fewest inputs that clients accept in a sum. */
  readonly minimumSurvivors: number;
  /** c: how many of them may pool what they know. */
  readonly colluders: number;
}

/** Discrete Gaussian noise in a sum of L2-clipped contributions. */
export interface GaussianReleaseNoise {
  readonly mechanism: 'gaussian';
  /** z > 0: standard deviation of the guaranteed noise over Δ. */
  readonly noiseMultiplier: number;
  /** Δ in quanta, with rounding included (see `gaussianSensitivity`). */
  readonly sensitivity: number;
}

/** Discrete Laplace noise in a sum of integer counts with bounded L1 norm: pure ε-DP. */
export interface LaplaceReleaseNoise {
  readonly mechanism: 'laplace';
  /** ε > 0 of the release. */
  readonly epsilon: number;
  /** Δ: the L1 norm K of a shopper's counts, times its merchants. A positive integer. */
  readonly sensitivity: number;
}

/** The noise that a released sum must hold. */
export type ReleaseNoise = GaussianReleaseNoise | LaplaceReleaseNoise;

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
 * @throws GuildhallError NOISE_TERMS_INVALID for terms that protect nobody, and as {@link noiseFraction}
 */
export function noiseShare(terms: ReleaseNoise & SurvivalTerms): NoiseShare {
  return noiseFraction(terms, honestSurvivors(terms));
}

/**
 * Noise of which `parts` independent draws add up to the whole that the terms ask for.
 * @param parts a positive integer, at most 2^20 for Laplace noise
 * @throws GuildhallError NOISE_TERMS_INVALID for terms that are no positive numbers; NOISE_OUT_OF_RANGE for Gaussian
 * noise below 3 or above 2^22 quanta or a Laplace decay Δ/ε beyond 2^22
 */
export function noiseFraction(terms: ReleaseNoise, parts: number): NoiseShare {
  requirePositive('sensitivity', terms.sensitivity);
  if (terms.mechanism === 'gaussian') {
    requirePositive('noise multiplier', terms.noiseMultiplier);
    const deviation = (terms.noiseMultiplier * terms.sensitivity) / Math.sqrt(parts);
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
    return { kind: 'gaussian', variance: discreteGaussianVariance(deviation * deviation * (1 + 8 * Number.EPSILON)) };
  }
  requirePositive('epsilon', terms.epsilon);
  if (!Number.isSafeInteger(terms.sensitivity)) {
    throw new GuildhallError('NOISE_TERMS_INVALID', `Counts have a whole L1 bound, not ${terms.sensitivity}.`, {
      details: { sensitivity: terms.sensitivity },
    });
  }
  // Two ulps below cover the rounding of the division and of this product.
  const decay = (terms.epsilon / terms.sensitivity) * (1 - 2 * Number.EPSILON);
  if (!(decay >= 2 ** -22 && decay <= 2 ** 20 && parts <= MOST_POLYA_SHARES)) {
    throw new GuildhallError(
      'NOISE_OUT_OF_RANGE',
      `One of ${parts} shares of Laplace noise of scale ${1 / decay} quanta cannot be drawn.`,
      { details: { epsilon: terms.epsilon, sensitivity: terms.sensitivity, parts } },
    );
  }
  return { kind: 'polya', shares: parts, exponent: dyadicExponent(decay) };
}

/** How to draw one value of a share; what the law needs is set up once. */
function drawOf(share: NoiseShare): (coins: Coins) => number {
  if (share.kind === 'gaussian') return (coins) => sampleDiscreteGaussian(coins, share.variance);
  const terms = polyaTerms(share.shares, share.exponent);
  return (coins) => samplePolya(coins, terms) - samplePolya(coins, terms);
}

/**
 * Draws one share, coordinate by coordinate; in as many pieces as the caller likes, the same whole. The same source gives
 * the same noise on every host: nothing but exact integers and correctly rounded operations decides.
 *
 * The running time depends on what is drawn; call it in a batch, off the response path.
 */
export class NoiseSampler {
  readonly #draw: (coins: Coins) => number;
  readonly #coins: Coins;

  /**
   * @param random a cryptographic source in production
   * @param dimension about how many coordinates will be drawn
   */
  constructor(share: NoiseShare, random: RandomSource, dimension: number) {
    this.#draw = drawOf(share);
    this.#coins = new Coins(random, dimension * WORDS_A_VALUE[share.kind]);
  }

  /**
   * The next values.
   * @param count ≥ 0
   * @returns `count` values in quanta; mod 2^32 where the exact value leaves 32 bits (a chance below e^−500 for shares in
   * range), which is post-processing in a ring of at most 32 bits
   */
  next(count: number): Int32Array {
    const noise = new Int32Array(count);
    const draw = this.#draw;
    for (let i = 0; i < count; i++) noise[i] = draw(this.#coins);
    return noise;
  }

  /** Forgets what was read ahead of the source, which would reveal noise. */
  wipe(): void {
    this.#coins.wipe();
  }
}

/**
 * Draws one merchant's noise, once for each coordinate. Every call is fresh: a re-run of a round draws again.
 * @param dimension d ≥ 0
 * @returns d values, as {@link NoiseSampler.next}
 */
export function sampleNoise(share: NoiseShare, dimension: number, random: RandomSource): Int32Array {
  const sampler = new NoiseSampler(share, random, dimension);
  try {
    return sampler.next(dimension);
  } finally {
    sampler.wipe();
  }
}
