import {
  chooseScale,
  countSensitivity,
  finestParts,
  gaussianClamp,
  gaussianSensitivity,
  honestSurvivors,
  laplaceClamp,
  noiseFraction,
  noiseShare,
} from '../../privacy/index.js';
import type { NoiseShare, ReleaseNoise, RingTerms } from '../../privacy/index.js';
import { isCount } from '../tasks/counts-release.js';
import { rosterNoise } from '../noise/roster.js';
import type { GaussianTerms, LaplaceTerms, RoundTerms } from '../contract/terms.js';

/**
 * How a round's real sums become ring elements: everything follows from the contract, so that both sides derive it and
 * nobody sends it.
 */
export interface Quantisation {
  /** s: quanta per unit of a contribution. */
  readonly scale: number;
  /** B: every coordinate of a merchant's rounded sum is clamped to ±B, so that no accepted sum wraps. */
  readonly clamp: number;
  /** Δ in quanta: what one shopper moves the sum by, L2 for Gaussian noise and L1 for Laplace noise. 0 without noise. */
  readonly sensitivity: number;
  /** The noise that every accepted sum must hold; undefined where none is shared. */
  readonly noise: ReleaseNoise | undefined;
  /** One merchant's noise, excess that may be taken out later included; undefined where none is shared. */
  readonly share: NoiseShare | undefined;
  /** Standard deviation of the noise in one coordinate of the worst-case sum, in units of a contribution. */
  readonly deviation: number;
}

/**
 * Derives a round's quantisation.
 * @throws GuildhallError NOISE_TERMS_INVALID, NOISE_OUT_OF_RANGE or RING_TOO_SMALL for terms that cannot work
 */
export function quantisationOf(terms: RoundTerms): Quantisation {
  const { roster, ringBits, mechanism } = terms;
  const ring: RingTerms = {
    ringBits,
    merchants: roster.maximumMerchants,
    minimumSurvivors: roster.minimumSurvivors,
    colluders: roster.colluders,
  };
  switch (mechanism.kind) {
    case 'gaussian':
      return gaussian(terms, mechanism, ring);
    case 'laplace':
      return laplace(terms, mechanism, ring);
    case 'local':
      return exact(NOISELESS_QUANTA / mechanism.movementNorm, ring);
    case 'none':
      return exact(isCount(terms.task) ? 1 : NOISELESS_QUANTA / mechanism.clipNorm, ring);
  }
}

function gaussian(terms: RoundTerms, mechanism: GaussianTerms, ring: RingTerms): Quantisation {
  const { clipNorm, noiseMultiplier } = mechanism;
  const { dimension, shopperMultiplicity: merchantsPerShopper } = terms;
  const parts = narrowestParts(terms);
  const scale = chooseScale({ ...ring, clipNorm, dimension, noiseMultiplier, merchantsPerShopper, finestParts: parts });
  const sensitivity = gaussianSensitivity({ scale, clipNorm, dimension, merchantsPerShopper });
  const noise = { mechanism: 'gaussian', noiseMultiplier, sensitivity } as const;
  return {
    scale,
    sensitivity,
    clamp: gaussianClamp({ ...ring, noiseMultiplier, sensitivity }),
    noise,
    share: checkedShare(noise, ring, parts),
    deviation: (noiseMultiplier * sensitivity) / scale,
  };
}

function laplace(terms: RoundTerms, mechanism: LaplaceTerms, ring: RingTerms): Quantisation {
  const epsilon = mechanism.epsilonNumerator / mechanism.epsilonDenominator;
  const sensitivity = countSensitivity({
    l1Bound: mechanism.l1Bound,
    merchantsPerShopper: terms.shopperMultiplicity,
  });
  const alpha = Math.exp(-epsilon / sensitivity);
  const noise = { mechanism: 'laplace', epsilon, sensitivity } as const;
  return {
    scale: 1,
    sensitivity,
    clamp: laplaceClamp({ ...ring, epsilon, sensitivity, dimension: terms.dimension }),
    noise,
    share: checkedShare(noise, ring, narrowestParts(terms)),
    deviation: Math.sqrt(2 * alpha) / (1 - alpha),
  };
}

/** What part of the noise the narrowest draw of any merchant is, in the largest roster that the contract allows. */
function narrowestParts(terms: RoundTerms): number {
  const { roster, noiseStrategy } = terms;
  return noiseStrategy === 'removable'
    ? finestParts(rosterNoise(terms, roster.maximumMerchants))
    : honestSurvivors(roster);
}

/** The worst case's share, where the narrowest draw can be drawn too. */
function checkedShare(noise: ReleaseNoise, ring: RingTerms, parts: number): NoiseShare {
  noiseFraction(noise, parts);
  return noiseShare({ ...noise, ...ring });
}

/** Quanta per clip norm where no noise is added: resolution far below what training notices, and room for 2^16 clip norms. */
const NOISELESS_QUANTA = 2 ** 12;

/** Sums that get no noise on the way: because the contract has none, or because what is summed is private already. */
function exact(scale: number, { ringBits, merchants }: RingTerms): Quantisation {
  return {
    scale,
    sensitivity: 0,
    noise: undefined,
    clamp: Math.ceil(2 ** (ringBits - 1) / merchants) - 1,
    share: undefined,
    deviation: 0,
  };
}
