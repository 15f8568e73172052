/** √(2/π), and the cubic coefficient of the tanh form of GELU (Hendrycks and Gimpel 2016). */
const SLOPE: f32 = 0.7978845608028654;
const CUBIC: f32 = 0.044715;

/** y = x/2 · (1 + tanh(√(2/π)(x + .044715 x³))). */
export function gelu(x: usize, y: usize, count: usize): void {
  const end = x + (count << 2);
  for (; x + 16 <= end; x += 16) {
    v128.store(y, gelu4(v128.load(x)));
    y += 16;
  }
  for (; x < end; x += 4) {
    store<f32>(y, f32x4.extract_lane(gelu4(v128.load32_splat(x)), 0));
    y += 4;
  }
}

/** y = gelu(x) and slope = gelu′(x) from one hyperbolic tangent; slope may be x. */
export function geluWithSlope(x: usize, y: usize, slope: usize, count: usize): void {
  const end = x + (count << 2);
  for (; x + 16 <= end; x += 16) {
    const value = v128.load(x);
    const tangent = tangent4(value);
    v128.store(y, from4(value, tangent));
    v128.store(slope, slopeFrom4(value, tangent));
    y += 16;
    slope += 16;
  }
  for (; x < end; x += 4) {
    const value = v128.load32_splat(x);
    const tangent = tangent4(value);
    store<f32>(y, f32x4.extract_lane(from4(value, tangent), 0));
    store<f32>(slope, f32x4.extract_lane(slopeFrom4(value, tangent), 0));
    y += 4;
    slope += 4;
  }
}

/** dx = dy ⊙ gelu′(x). */
export function geluGradient(x: usize, dy: usize, dx: usize, count: usize): void {
  const end = x + (count << 2);
  for (; x + 16 <= end; x += 16) {
    v128.store(dx, f32x4.mul(slope4(v128.load(x)), v128.load(dy)));
    dy += 16;
    dx += 16;
  }
  for (; x < end; x += 4) {
    store<f32>(dx, f32x4.extract_lane(slope4(v128.load32_splat(x)), 0) * load<f32>(dy));
    dy += 4;
    dx += 4;
  }
}

function gelu4(x: v128): v128 {
  return from4(x, tangent4(x));
}

function slope4(x: v128): v128 {
  return slopeFrom4(x, tangent4(x));
}

function tangent4(x: v128): v128 {
  return tanh4(f32x4.mul(x, multiplyAdd(f32x4.mul(x, x), CUBIC * SLOPE, SLOPE)));
}

function from4(x: v128, tangent: v128): v128 {
  return f32x4.mul(f32x4.mul(x, f32x4.splat(0.5)), f32x4.add(tangent, f32x4.splat(1)));
}

function slopeFrom4(x: v128, tangent: v128): v128 {
  const derivative = f32x4.mul(x, multiplyAdd(f32x4.mul(x, x), 3 * CUBIC * SLOPE, SLOPE));
  const bend = f32x4.mul(f32x4.sub(f32x4.splat(1), f32x4.mul(tangent, tangent)), derivative);
  return f32x4.mul(f32x4.add(bend, f32x4.add(tangent, f32x4.splat(1))), f32x4.splat(0.5));
}

function multiplyAdd(x: v128, factor: f32, addend: f32): v128 {
  return f32x4.add(f32x4.mul(x, f32x4.splat(factor)), f32x4.splat(addend));
}

/** Beyond this, tanh is 1 in single precision. */
const SATURATED: f32 = 7.90531110763549805;

/** The rational approximation of degree 13 over 6 that Eigen uses, within two units in the last place. */
function tanh4(x: v128): v128 {
  const bounded = f32x4.max(f32x4.min(x, f32x4.splat(SATURATED)), f32x4.splat(-SATURATED));
  const square = f32x4.mul(bounded, bounded);
  let above = multiplyAdd(square, -2.76076847742355e-16, 2.00018790482477e-13);
  above = next(above, square, -8.60467152213735e-11);
  above = next(above, square, 5.12229709037114e-8);
  above = next(above, square, 1.48572235717979e-5);
  above = next(above, square, 6.37261928875436e-4);
  above = next(above, square, 4.89352455891786e-3);
  let below = multiplyAdd(square, 1.19825839466702e-6, 1.18534705686654e-4);
  below = next(below, square, 2.268434632439e-3);
  below = next(below, square, 4.89352518554385e-3);
  return f32x4.div(f32x4.mul(above, bounded), below);
}

/** One step of Horner's rule. */
function next(sum: v128, x: v128, coefficient: f32): v128 {
  return f32x4.add(f32x4.mul(sum, x), f32x4.splat(coefficient));
}
