/** y = x + row, where every row of x (rows × width) gets the same. */
export function addRow(x: usize, row: usize, y: usize, rows: usize, width: usize): void {
  const bytes = width << 2;
  for (let i: usize = 0; i < rows; i++) {
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) v128.store(y + at, f32x4.add(v128.load(x + at), v128.load(row + at)));
    for (; at < bytes; at += 4) store<f32>(y + at, load<f32>(x + at) + load<f32>(row + at));
    x += bytes;
    y += bytes;
  }
}

/** y = x ⊙ row, as {@link addRow}. */
export function multiplyRow(x: usize, row: usize, y: usize, rows: usize, width: usize): void {
  const bytes = width << 2;
  for (let i: usize = 0; i < rows; i++) {
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) v128.store(y + at, f32x4.mul(v128.load(x + at), v128.load(row + at)));
    for (; at < bytes; at += 4) store<f32>(y + at, load<f32>(x + at) * load<f32>(row + at));
    x += bytes;
    y += bytes;
  }
}

/** y = x + column, where row i of x (rows × width) gets column[i]. */
export function addColumn(x: usize, column: usize, y: usize, rows: usize, width: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    const value = load<f32>(column + (i << 2));
    const lanes = f32x4.splat(value);
    const end = x + (width << 2);
    for (; x + 16 <= end; x += 16) {
      v128.store(y, f32x4.add(v128.load(x), lanes));
      y += 16;
    }
    for (; x < end; x += 4) {
      store<f32>(y, load<f32>(x) + value);
      y += 4;
    }
  }
}

/** y = x ⊙ column, as {@link addColumn}. */
export function multiplyColumn(x: usize, column: usize, y: usize, rows: usize, width: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    const value = load<f32>(column + (i << 2));
    const lanes = f32x4.splat(value);
    const end = x + (width << 2);
    for (; x + 16 <= end; x += 16) {
      v128.store(y, f32x4.mul(v128.load(x), lanes));
      y += 16;
    }
    for (; x < end; x += 4) {
      store<f32>(y, load<f32>(x) * value);
      y += 4;
    }
  }
}

/** y[j] = Σ_i x[i, j], rows in their order. */
export function sumColumns(x: usize, y: usize, rows: usize, width: usize): void {
  const bytes = width << 2;
  memory.fill(y, 0, bytes);
  for (let i: usize = 0; i < rows; i++) {
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) v128.store(y + at, f32x4.add(v128.load(y + at), v128.load(x + at)));
    for (; at < bytes; at += 4) store<f32>(y + at, load<f32>(y + at) + load<f32>(x + at));
    x += bytes;
  }
}

/** Values that are added in single precision before their sum goes into one of double precision. */
const BLOCK: usize = 128;

/** y[i] = Σ_j x[i, j]: four partial sums over 128 values, their sum and what is left over, block by block. */
export function sumRows(x: usize, y: usize, rows: usize, width: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    let sum: f64 = 0;
    for (let done: usize = 0; done < width; done += BLOCK) {
      const end = x + (min(width - done, BLOCK) << 2);
      let partial = f32x4.splat(0);
      for (; x + 16 <= end; x += 16) partial = f32x4.add(partial, v128.load(x));
      let rest = sumOfLanes(partial);
      for (; x < end; x += 4) rest += load<f32>(x);
      sum += <f64>rest;
    }
    store<f32>(y + (i << 2), <f32>sum);
  }
}

/** (0 + 1) + (2 + 3). */
export function sumOfLanes(lanes: v128): f32 {
  return (
    f32x4.extract_lane(lanes, 0) +
    f32x4.extract_lane(lanes, 1) +
    (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3))
  );
}
