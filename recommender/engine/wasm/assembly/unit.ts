import { inner } from './inner';

/** Added to a row's squared length before its root is divided by. */
const TINY: f32 = 1e-12;

/** Rows of Euclidean length 1. @param inverse 1 / length of every row of x, for the gradient */
export function unitRows(x: usize, y: usize, inverse: usize, rows: usize, width: usize): void {
  const bytes = width << 2;
  for (let i: usize = 0; i < rows; i++) {
    const factor: f32 = 1 / sqrt<f32>(inner(x, x, width) + TINY);
    store<f32>(inverse + (i << 2), factor);
    for (let at: usize = 0; at < bytes; at += 4) store<f32>(y + at, load<f32>(x + at) * factor);
    x += bytes;
    y += bytes;
  }
}

/** dx = inverse · (dy − y · (y · dy)), row by row. */
export function unitGradient(dy: usize, y: usize, inverse: usize, dx: usize, rows: usize, width: usize): void {
  const bytes = width << 2;
  for (let i: usize = 0; i < rows; i++) {
    const factor = load<f32>(inverse + (i << 2));
    const along = inner(y, dy, width);
    for (let at: usize = 0; at < bytes; at += 4) {
      store<f32>(dx + at, factor * (load<f32>(dy + at) - along * load<f32>(y + at)));
    }
    dy += bytes;
    y += bytes;
    dx += bytes;
  }
}

/** out[i · step] = x_i · y_i of every pair of rows. */
export function innerRows(x: usize, y: usize, out: usize, step: usize, rows: usize, width: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    store<f32>(out, inner(x, y, width));
    x += width << 2;
    y += width << 2;
    out += step << 2;
  }
}
