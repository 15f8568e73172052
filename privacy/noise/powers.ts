/**
 * Powers of two from a double's exponent bits. `Math.log2` and `**` may differ by an ulp between engines, and a sampler set
 * up with them would then turn the same seed into other noise.
 */
const view = new DataView(new ArrayBuffer(8));

/**
 * The largest power of two at most x.
 * @param x normal, positive and finite
 */
export function powerOfTwoBelow(x: number): number {
  view.setFloat64(0, x);
  view.setUint32(0, view.getUint32(0) & 0x7ff00000);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}

/**
 * n of the largest power of two 2^n at most x.
 * @param x normal, positive and finite
 */
export function exponentOf(x: number): number {
  view.setFloat64(0, x);
  return ((view.getUint32(0) >>> 20) & 0x7ff) - 1023;
}

/**
 * 2^n, exact; infinite above n = 1023.
 * @param n an integer, at least −1022
 */
export function twoTo(n: number): number {
  if (n > 1023) return Infinity;
  view.setUint32(0, (n + 1023) << 20);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}
