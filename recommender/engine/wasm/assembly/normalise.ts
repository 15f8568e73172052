import { inner } from './inner';
import { sumOfLanes } from './rows';

/**
 * Rows of mean 0 and variance 1: layer normalisation (Ba et al. 2016) without its gain and bias.
 * @param scales 1 / √(variance + epsilon) of every row, for the gradient
 */
export function normalise(x: usize, y: usize, scales: usize, rows: usize, width: usize, epsilon: f32): void {
  const bytes = width << 2;
  for (let i: usize = 0; i < rows; i++) {
    const mean = sumOf(x, bytes) / <f32>width;
    const scale: f32 = 1 / sqrt<f32>(squaredDistance(x, bytes, mean) / <f32>width + epsilon);
    const means = f32x4.splat(mean);
    const factor = f32x4.splat(scale);
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) v128.store(y + at, f32x4.mul(f32x4.sub(v128.load(x + at), means), factor));
    for (; at < bytes; at += 4) store<f32>(y + at, (load<f32>(x + at) - mean) * scale);
    store<f32>(scales + (i << 2), scale);
    x += bytes;
    y += bytes;
  }
}

/** dx = scale · (dy − mean(dy) − y · mean(dy ⊙ y)), row by row. */
export function normaliseGradient(dy: usize, y: usize, scales: usize, dx: usize, rows: usize, width: usize): void {
  const bytes = width << 2;
  for (let i: usize = 0; i < rows; i++) {
    const scale = load<f32>(scales + (i << 2));
    const mean = sumOf(dy, bytes) / <f32>width;
    const along = inner(dy, y, width) / <f32>width;
    const means = f32x4.splat(mean);
    const alongs = f32x4.splat(along);
    const factor = f32x4.splat(scale);
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) {
      const rest = f32x4.sub(f32x4.sub(v128.load(dy + at), means), f32x4.mul(v128.load(y + at), alongs));
      v128.store(dx + at, f32x4.mul(factor, rest));
    }
    for (; at < bytes; at += 4) {
      store<f32>(dx + at, scale * (load<f32>(dy + at) - mean - load<f32>(y + at) * along));
    }
    dy += bytes;
    y += bytes;
    dx += bytes;
  }
}

function sumOf(x: usize, bytes: usize): f32 {
  const end = x + bytes;
  let partial = f32x4.splat(0);
  for (; x + 16 <= end; x += 16) partial = f32x4.add(partial, v128.load(x));
  let sum = sumOfLanes(partial);
  for (; x < end; x += 4) sum += load<f32>(x);
  return sum;
}

function squaredDistance(x: usize, bytes: usize, centre: f32): f32 {
  const end = x + bytes;
  const centres = f32x4.splat(centre);
  let partial = f32x4.splat(0);
  for (; x + 16 <= end; x += 16) {
    const distance = f32x4.sub(v128.load(x), centres);
    partial = f32x4.add(partial, f32x4.mul(distance, distance));
  }
  let sum = sumOfLanes(partial);
  for (; x < end; x += 4) sum += (load<f32>(x) - centre) * (load<f32>(x) - centre);
  return sum;
}
