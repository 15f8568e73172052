import { exp4 } from './exponential';
import { addScaled, inner } from './inner';

/**
 * Causal attention within segments of rows: row i of a segment asks rows 0 to i of it. A segment is one shopper's events,
 * so no place is computed that holds none.
 *
 * @param query rows × (heads · each); of segments' last rows alone where `newest`, one a segment
 * @param shares softmax of the scores, for the gradient: for each asking row and head `stride` values, a multiple of 4
 * @param mixed as `query`: Σ over answering rows of share · value
 * @param offsets int32, segments + 1: where each segment starts in `key` and `value`
 */
export function attention(
  query: usize,
  key: usize,
  value: usize,
  shares: usize,
  mixed: usize,
  offsets: usize,
  segments: usize,
  newest: u32,
  heads: usize,
  each: usize,
  stride: usize,
): void {
  const row = (heads * each) << 2;
  const scale: f32 = 1 / sqrt<f32>(<f32>each);
  for (let segment: usize = 0; segment < segments; segment++) {
    const start = <usize>load<u32>(offsets + (segment << 2));
    const count = <usize>load<u32>(offsets + (segment << 2), 4) - start;
    for (let i: usize = newest ? count - 1 : 0; i < count; i++) {
      for (let head: usize = 0; head < heads; head++) {
        const column = (head * each) << 2;
        const first = start * row + column;
        scores(query + column, key + first, shares, i + 1, each, row);
        softmax(shares, i + 1, scale);
        memory.fill(mixed + column, 0, each << 2);
        for (let j: usize = 0; j <= i; j++) {
          addScaled(value + first + j * row, load<f32>(shares + (j << 2)), mixed + column, each);
        }
        shares += stride << 2;
      }
      query += row;
      mixed += row;
    }
  }
}

/**
 * The gradients of {@link attention} by its query, key and value, from that of `mixed`. Overwrites `shares`.
 * @param work `stride` elements of scratch
 */
export function attentionGradient(
  query: usize,
  key: usize,
  value: usize,
  shares: usize,
  mixedGradient: usize,
  queryGradient: usize,
  keyGradient: usize,
  valueGradient: usize,
  offsets: usize,
  segments: usize,
  newest: u32,
  heads: usize,
  each: usize,
  stride: usize,
  work: usize,
): void {
  const row = (heads * each) << 2;
  const scale: f32 = 1 / sqrt<f32>(<f32>each);
  for (let segment: usize = 0; segment < segments; segment++) {
    const start = <usize>load<u32>(offsets + (segment << 2));
    const count = <usize>load<u32>(offsets + (segment << 2), 4) - start;
    memory.fill(keyGradient + start * row, 0, count * row);
    memory.fill(valueGradient + start * row, 0, count * row);
    for (let i: usize = newest ? count - 1 : 0; i < count; i++) {
      memory.fill(queryGradient, 0, row);
      for (let head: usize = 0; head < heads; head++) {
        const column = (head * each) << 2;
        const first = start * row + column;
        scores(mixedGradient + column, value + first, work, i + 1, each, row);
        const along = inner(work, shares, i + 1);
        for (let j: usize = 0; j <= i; j++) {
          const at = first + j * row;
          const share = load<f32>(shares + (j << 2));
          const slope = scale * share * (load<f32>(work + (j << 2)) - along);
          addScaled(mixedGradient + column, share, valueGradient + at, each);
          addScaled(key + at, slope, queryGradient + column, each);
          addScaled(query + column, slope, keyGradient + at, each);
        }
        shares += stride << 2;
      }
      query += row;
      mixedGradient += row;
      queryGradient += row;
    }
  }
}

/** out[j] = x · rows[j], rows `step` bytes apart. */
function scores(x: usize, rows: usize, out: usize, count: usize, width: usize, step: usize): void {
  for (let j: usize = 0; j < count; j++) store<f32>(out + (j << 2), inner(x, rows + j * step, width));
}

/** The softmax of scale · x in place; values up to the next multiple of 4 become 0. */
function softmax(x: usize, count: usize, scale: f32): void {
  let most = load<f32>(x);
  for (let j: usize = 1; j < count; j++) most = max<f32>(most, load<f32>(x + (j << 2)));
  const end = x + (((count + 3) & ~3) << 2);
  for (let at = x + (count << 2); at < end; at += 4) store<f32>(at, <f32>-Infinity);
  let sum: f32 = 0;
  for (let at = x; at < end; at += 16) {
    const apart = f32x4.mul(f32x4.sub(v128.load(at), f32x4.splat(most)), f32x4.splat(scale));
    v128.store(at, exp4(apart));
  }
  for (let j: usize = 0; j < count; j++) sum += load<f32>(x + (j << 2));
  const factor = f32x4.splat(1 / sum);
  for (let at = x; at < end; at += 16) v128.store(at, f32x4.mul(v128.load(at), factor));
}
