/**
 * The discrete Fourier transform of real sequences whose length is a power of two: what T-fold composition of privacy
 * losses needs, and no more. Radix 2 in place (Cooley and Tukey 1965); a real sequence travels as a complex one of half
 * its length. Twiddle factors are computed directly, one by one, so errors grow with log n only.
 */

/** The n/2 + 1 coefficients of a real sequence of length n that determine the others. */
export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Transforms for one length. */
export class RealFourier {
  readonly length: number;
  readonly #half: number;
  /** cos and sin of 2πk/n for k < n/2. */
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;

  /**
   * @param length n, a power of two, at least 4
   * @throws RangeError for another length
   */
  constructor(length: number) {
    if (!(length >= 4 && length <= 2 ** 28 && Number.isInteger(Math.log2(length))))
      throw new RangeError(`a transform needs a power of two from 4 to 2^28, got ${length}`);
    this.length = length;
    this.#half = length / 2;
    this.#cos = new Float64Array(this.#half);
    this.#sin = new Float64Array(this.#half);
    for (let k = 0; k < this.#half; k++) {
      const angle = (2 * Math.PI * k) / length;
      this.#cos[k] = Math.cos(angle);
      this.#sin[k] = Math.sin(angle);
    }
  }

  /** X_k = Σ_j x_j e^(−2πijk/n) for k ≤ n/2. */
  forward(values: Float64Array): Spectrum {
    const half = this.#half;
    const re = new Float64Array(half + 1);
    const im = new Float64Array(half + 1);
    for (let j = 0; j < half; j++) {
      re[j] = at(values, 2 * j);
      im[j] = at(values, 2 * j + 1);
    }
    this.#complex(re, im);
    re[half] = at(re, 0);
    im[half] = at(im, 0);
    // Even and odd parts of the packed transform are the transforms of the even and odd entries.
    for (let k = 0; k <= half / 2; k++) {
      const m = half - k;
      const evenRe = (at(re, k) + at(re, m)) / 2;
      const evenIm = (at(im, k) - at(im, m)) / 2;
      const oddRe = (at(im, k) + at(im, m)) / 2;
      const oddIm = (at(re, m) - at(re, k)) / 2;
      const c = at(this.#cos, k);
      const s = at(this.#sin, k);
      const turnedRe = oddRe * c + oddIm * s;
      const turnedIm = oddIm * c - oddRe * s;
      re[k] = evenRe + turnedRe;
      im[k] = evenIm + turnedIm;
      re[m] = evenRe - turnedRe;
      im[m] = turnedIm - evenIm;
    }
    return { re, im };
  }

  /** The real sequence of a spectrum: the inverse of {@link forward}. The spectrum is consumed. */
  inverse({ re, im }: Spectrum): Float64Array {
    const half = this.#half;
    for (let k = 0; k <= half / 2; k++) {
      const m = half - k;
      const evenRe = (at(re, k) + at(re, m)) / 2;
      const evenIm = (at(im, k) - at(im, m)) / 2;
      const turnedRe = (at(re, k) - at(re, m)) / 2;
      const turnedIm = (at(im, k) + at(im, m)) / 2;
      const c = at(this.#cos, k);
      const s = at(this.#sin, k);
      const oddRe = turnedRe * c - turnedIm * s;
      const oddIm = turnedRe * s + turnedIm * c;
      // Conjugated, so that the forward transform inverts.
      re[k] = evenRe - oddIm;
      im[k] = -(evenIm + oddRe);
      re[m] = evenRe + oddIm;
      im[m] = evenIm - oddRe;
    }
    this.#complex(re, im);
    const values = new Float64Array(this.length);
    for (let j = 0; j < half; j++) {
      values[2 * j] = at(re, j) / half;
      values[2 * j + 1] = -at(im, j) / half;
    }
    return values;
  }

  /** The complex transform of the first n/2 entries, in place. */
  #complex(re: Float64Array, im: Float64Array): void {
    const n = this.#half;
    for (let i = 1, j = 0; i < n; i++) {
      let bit = n >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i >= j) continue;
      const heldRe = at(re, i);
      const heldIm = at(im, i);
      re[i] = at(re, j);
      im[i] = at(im, j);
      re[j] = heldRe;
      im[j] = heldIm;
    }
    for (let size = 2; size <= n; size *= 2) {
      const span = size / 2;
      const stride = this.length / size;
      for (let start = 0; start < n; start += size) {
        for (let k = 0, t = 0; k < span; k++, t += stride) {
          const a = start + k;
          const b = a + span;
          const c = at(this.#cos, t);
          const s = at(this.#sin, t);
          const bRe = at(re, b);
          const bIm = at(im, b);
          const turnedRe = bRe * c + bIm * s;
          const turnedIm = bIm * c - bRe * s;
          const aRe = at(re, a);
          const aIm = at(im, a);
          re[b] = aRe - turnedRe;
          im[b] = aIm - turnedIm;
          re[a] = aRe + turnedRe;
          im[a] = aIm + turnedIm;
        }
      }
    }
  }
}

/** An entry that is known to exist. */
function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}

/** ln of what a power is rounded to 0 below. */
const LOG_NEGLIGIBLE = -80;

/**
 * Multiplies `product` by the `times`-th power of `factor`, coefficient by coefficient, by repeated squaring; powers below
 * e^−80 become 0, as nearly all do in long compositions.
 */
export function multiplyPower(product: Spectrum, factor: Spectrum, times: number): void {
  const { re, im } = product;
  for (let k = 0; k < re.length; k++) {
    let baseRe = at(factor.re, k);
    let baseIm = at(factor.im, k);
    if ((times * Math.log(baseRe * baseRe + baseIm * baseIm)) / 2 < LOG_NEGLIGIBLE) {
      re[k] = 0;
      im[k] = 0;
      continue;
    }
    let powerRe = at(re, k);
    let powerIm = at(im, k);
    for (let left = times; left > 0; left = Math.floor(left / 2)) {
      if (left % 2 === 1) {
        const next = powerRe * baseRe - powerIm * baseIm;
        powerIm = powerRe * baseIm + powerIm * baseRe;
        powerRe = next;
      }
      const square = baseRe * baseRe - baseIm * baseIm;
      baseIm = 2 * baseRe * baseIm;
      baseRe = square;
    }
    re[k] = powerRe;
    im[k] = powerIm;
  }
}
