/** Below this, e^x is taken for 0: it is smaller than any normal number of single precision. */
const LEAST: f32 = -87;
const MOST: f32 = 88;
const LOG2_E: f32 = 1.44269504088896341;
/** ln 2 in two parts, the first exact in few bits, so that n · ln 2 loses nothing. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;

/** e^x within two units in the last place: 2^n · e^r with |r| ≤ ln 2 / 2, and the polynomial of the Cephes library. */
export function exp4(x: v128): v128 {
  const bounded = f32x4.max(f32x4.min(x, f32x4.splat(MOST)), f32x4.splat(LEAST));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(LOG2_E)));
  const near = f32x4.sub(bounded, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  const r = f32x4.sub(near, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let sum = next(f32x4.splat(1.98756915e-4), r, 1.3981999507e-3);
  sum = next(sum, r, 8.3334519073e-3);
  sum = next(sum, r, 4.1665795894e-2);
  sum = next(sum, r, 1.6666665459e-1);
  sum = next(sum, r, 5.0000001201e-1);
  const value = f32x4.add(f32x4.add(f32x4.mul(sum, f32x4.mul(r, r)), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.and(f32x4.mul(value, power), f32x4.ge(x, f32x4.splat(LEAST)));
}

/** One step of Horner's rule. */
function next(sum: v128, x: v128, coefficient: f32): v128 {
  return f32x4.add(f32x4.mul(sum, x), f32x4.splat(coefficient));
}
