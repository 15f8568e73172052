/** The noise in a released count: the difference of two negative binomials NB(shape, α). */
export interface CountNoise {
  /** α = e^(−ε/K), in (0, 1). */
  readonly alpha: number;
  /**
   * Shares added ÷ shares needed, ≥ 1: more merchants than the fewest that the contract allows leave more noise.
   * 1 is exactly discrete Laplace. @default 1
   */
  readonly shape?: number;
}

const TAIL = 1e-14;

/** P(k) of NB(shape, α) = C(k + shape − 1, k) (1 − α)^shape α^k, up to where the tail is negligible. */
function negativeBinomial(alpha: number, shape: number): number[] {
  const masses = [(1 - alpha) ** shape];
  let remaining = 1 - (masses[0] ?? 0);
  for (let k = 1; remaining > TAIL && k < 100_000; k += 1) {
    const mass = ((masses[k - 1] ?? 0) * alpha * (k - 1 + shape)) / k;
    masses.push(mass);
    remaining -= mass;
    if (k > shape / (1 - alpha) && mass < TAIL * (1 - alpha)) break;
  }
  return masses;
}

/**
 * The noise's probability masses, symmetric around 0.
 * @returns masses[|z|] for |z| = 0 … `largest`
 * @throws RangeError when α is not in (0, 1) or the shape is below 1
 */
export function noiseMasses(noise: CountNoise, largest: number): Float64Array {
  const { alpha, shape = 1 } = noise;
  if (!(alpha > 0 && alpha < 1)) throw new RangeError('alpha must be in (0, 1)');
  if (!(shape >= 1)) throw new RangeError('shape must be at least 1');
  if (shape === 1) {
    const centre = (1 - alpha) / (1 + alpha);
    return Float64Array.from({ length: largest + 1 }, (_, z) => centre * alpha ** z);
  }
  const masses = negativeBinomial(alpha, shape);
  return Float64Array.from({ length: largest + 1 }, (_, z) => {
    let sum = 0;
    for (let k = masses.length - 1 - z; k >= 0; k -= 1) sum += (masses[k] ?? 0) * (masses[k + z] ?? 0);
    return sum;
  });
}
