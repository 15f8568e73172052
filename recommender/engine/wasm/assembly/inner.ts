import { sumOfLanes } from './rows';

/** Σ x[i] · y[i]. */
export function inner(x: usize, y: usize, width: usize): f32 {
  const end = x + (width << 2);
  let partial = f32x4.splat(0);
  for (; x + 16 <= end; x += 16) {
    partial = f32x4.add(partial, f32x4.mul(v128.load(x), v128.load(y)));
    y += 16;
  }
  let sum = sumOfLanes(partial);
  for (; x < end; x += 4) {
    sum += load<f32>(x) * load<f32>(y);
    y += 4;
  }
  return sum;
}

/** out[j] = x · rows[j] for j < count, four rows at a time; a last row that is missing is the one before it again. */
export function innerWithRows(x: usize, rows: usize, out: usize, count: usize, width: usize): void {
  const bytes = width << 2;
  for (let j: usize = 0; j < count; j += 4) {
    const left = count - j;
    const row1 = left > 1 ? rows + bytes : rows;
    const row2 = left > 2 ? row1 + bytes : row1;
    const row3 = left > 3 ? row2 + bytes : row2;
    let sum0 = f32x4.splat(0);
    let sum1 = f32x4.splat(0);
    let sum2 = f32x4.splat(0);
    let sum3 = f32x4.splat(0);
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) {
      const value = v128.load(x + at);
      sum0 = f32x4.add(sum0, f32x4.mul(value, v128.load(rows + at)));
      sum1 = f32x4.add(sum1, f32x4.mul(value, v128.load(row1 + at)));
      sum2 = f32x4.add(sum2, f32x4.mul(value, v128.load(row2 + at)));
      sum3 = f32x4.add(sum3, f32x4.mul(value, v128.load(row3 + at)));
    }
    let total0 = sumOfLanes(sum0);
    let total1 = sumOfLanes(sum1);
    let total2 = sumOfLanes(sum2);
    let total3 = sumOfLanes(sum3);
    for (; at < bytes; at += 4) {
      const value = load<f32>(x + at);
      total0 += value * load<f32>(rows + at);
      total1 += value * load<f32>(row1 + at);
      total2 += value * load<f32>(row2 + at);
      total3 += value * load<f32>(row3 + at);
    }
    store<f32>(out, total0);
    if (left > 1) store<f32>(out, total1, 4);
    if (left > 2) store<f32>(out, total2, 8);
    if (left > 3) store<f32>(out, total3, 12);
    rows += bytes << 2;
    out += 16;
  }
}

/** y += factor · x. */
export function addScaled(x: usize, factor: f32, y: usize, width: usize): void {
  const end = x + (width << 2);
  const factors = f32x4.splat(factor);
  for (; x + 16 <= end; x += 16) {
    v128.store(y, f32x4.add(v128.load(y), f32x4.mul(factors, v128.load(x))));
    y += 16;
  }
  for (; x < end; x += 4) {
    store<f32>(y, load<f32>(y) + factor * load<f32>(x));
    y += 4;
  }
}
