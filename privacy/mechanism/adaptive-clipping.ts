/**
 * A clip norm that follows a quantile of the contributions' norms (Andrew, Thakkar, McMahan and Ramaswamy 2021, arXiv
 * 1905.03871), under the same secure sum and at the same ε.
 *
 * Beside its contribution g a shopper gives the bit b = [‖g‖ ≤ C], as one more coordinate β(b − ½). With g held to a norm A
 * and A² + β²/4 = S², the whole vector is held to S, and one noise of deviation σ = zS on every coordinate gives the whole
 * the multiplier z. Seen apart, contributions have the multiplier z_Δ = σ/A and the sum of the bits a deviation of
 * σ_b = σ/β shoppers, which is the paper's z_Δ = (z^−2 − (2σ_b)^−2)^−½: what the bits cost, contributions have less.
 */
import { GuildhallError } from '../../errors/index.js';

/** Of the whole norm, what the last bits of floating point and the clipping's own headroom (2^−10) may need. */
const HEADROOM = 1 - 2 ** -9;

/** How one norm is shared between contributions and bits. */
export interface QuantileSplit {
  /** A: the norm that contributions are held to. */
  readonly contributionNorm: number;
  /** β: what one whole bit weighs. */
  readonly bitWeight: number;
  /** z_Δ, of contributions alone. */
  readonly contributionMultiplier: number;
}

/**
 * Shares the norm S so that the bits' sum has a standard deviation of σ_b shoppers.
 * @param terms.norm S > 0: the clip norm of the whole vector
 * @param terms.noiseMultiplier z > 0 of the whole
 * @param terms.bitDeviation σ_b, above z/2; Andrew et al. take 0.05 of the shoppers expected in a round
 * @throws GuildhallError NOISE_TERMS_INVALID where the bits would need all of the norm
 */
export function quantileSplit(terms: {
  readonly norm: number;
  readonly noiseMultiplier: number;
  readonly bitDeviation: number;
}): QuantileSplit {
  const { norm, noiseMultiplier, bitDeviation } = terms;
  const share = noiseMultiplier / (2 * bitDeviation);
  if (!(share > 0 && share < 1)) {
    throw new GuildhallError(
      'NOISE_TERMS_INVALID',
      `Clip bits with noise of ${bitDeviation} shoppers need more than half the noise multiplier, ${noiseMultiplier}.`,
      { details: { noiseMultiplier, bitDeviation } },
    );
  }
  const rest = Math.sqrt(1 - share * share);
  return {
    contributionNorm: HEADROOM * norm * rest,
    bitWeight: HEADROOM * norm * 2 * share,
    contributionMultiplier: noiseMultiplier / rest,
  };
}

/**
 * One shopper's vector: its contribution, scaled from the present clip norm C to A and clipped, and its bit.
 * @param contribution d numbers; one that is not finite makes a vector that is not finite, which clipping drops whole
 * @param clipNorm C > 0
 * @returns d + 1 numbers of norm at most S
 */
export function withClipBit(contribution: Float32Array, clipNorm: number, split: QuantileSplit): Float64Array {
  const { contributionNorm, bitWeight } = split;
  const norm = Math.sqrt(contribution.reduce((squares, value) => squares + value * value, 0));
  const isWithin = norm <= clipNorm;
  const factor = contributionNorm / (isWithin ? clipNorm : norm);
  const vector = new Float64Array(contribution.length + 1);
  for (const [i, value] of contribution.entries()) vector[i] = value * factor;
  vector[contribution.length] = isWithin ? bitWeight / 2 : -bitWeight / 2;
  return vector;
}

/** What a release says: the contributions' sum in their own units, and b̃. */
export interface QuantileRelease {
  readonly sum: Float64Array;
  /** b̃ in [0, 1]: the noisy share of contributions within C. */
  readonly withinShare: number;
}

/**
 * Takes a noisy sum of such vectors apart. The share is taken of the expected, not of the real number of contributions,
 * which is private: where fewer come than expected it lies nearer to ½, so a target of ½ is met all the same.
 * @param released d + 1 numbers
 * @param terms.clipNorm C that the round was held to
 * @param terms.expectedContributions public, > 0
 */
export function readQuantileRelease(
  released: Float64Array,
  terms: { readonly clipNorm: number; readonly expectedContributions: number; readonly split: QuantileSplit },
): QuantileRelease {
  const { clipNorm, expectedContributions, split } = terms;
  const dimension = released.length - 1;
  const units = clipNorm / split.contributionNorm;
  const centred = (released[dimension] ?? 0) / (split.bitWeight * expectedContributions);
  return {
    sum: released.subarray(0, dimension).map((value) => value * units),
    withinShare: Math.max(0, Math.min(1, 0.5 + centred)),
  };
}

/**
 * The next round's clip norm: C·e^(−η(b̃ − γ)).
 * @param rule.targetQuantile γ in (0, 1)
 * @param rule.learningRate η > 0
 */
export function nextClipNorm(
  clipNorm: number,
  withinShare: number,
  rule: { readonly targetQuantile: number; readonly learningRate: number },
): number {
  return clipNorm * Math.exp(-rule.learningRate * (withinShare - rule.targetQuantile));
}
