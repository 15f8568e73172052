const view = new DataView(new ArrayBuffer(8));

/**
 * The largest power of two at most x, from the double's exponent bits. `Math.log2` may differ by an ulp between engines,
 * and a sampler set up with it would then turn the same seed into other noise.
 * @param x normal, positive and finite
 */
export function powerOfTwoBelow(x: number): number {
  view.setFloat64(0, x);
  view.setUint32(0, view.getUint32(0) & 0x7ff00000);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}
