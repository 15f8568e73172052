import { addScaled, inner, innerWithRows } from './inner';
import { sumOfLanes } from './rows';

/**
 * Kernels over segments of rows, one a shopper: what clips a shopper's gradient without forming it.
 * `offsets` is int32, segments + 1.
 */

/**
 * squares[s] += Σ over rows t, t′ of segment s of (a_t · a_t′ + one) · (g_t · g_t′): the squared norm of Σ_t a_t g_tᵀ,
 * and with one = 1 of Σ_t g_t as well.
 * @param work 2 · (longest segment) elements of scratch
 */
export function gramProduct(
  a: usize,
  widthA: usize,
  g: usize,
  widthG: usize,
  offsets: usize,
  segments: usize,
  one: f32,
  squares: usize,
  work: usize,
): void {
  const rowA = widthA << 2;
  const rowG = widthG << 2;
  for (let segment: usize = 0; segment < segments; segment++) {
    const start = <usize>load<u32>(offsets + (segment << 2));
    const count = <usize>load<u32>(offsets + (segment << 2), 4) - start;
    const firstA = a + start * rowA;
    const firstG = g + start * rowG;
    const other = work + (count << 2);
    let sum: f32 = 0;
    for (let i: usize = 0; i < count; i++) {
      innerWithRows(firstA + i * rowA, firstA, work, i + 1, widthA);
      innerWithRows(firstG + i * rowG, firstG, other, i + 1, widthG);
      for (let j: usize = 0; j < i; j++) {
        sum += 2 * (load<f32>(work + (j << 2)) + one) * load<f32>(other + (j << 2));
      }
      sum += (load<f32>(work + (i << 2)) + one) * load<f32>(other + (i << 2));
    }
    store<f32>(squares + (segment << 2), load<f32>(squares + (segment << 2)) + sum);
  }
}

/** squares[s] += Σ over the segment's rows of ‖x_t‖². */
export function segmentSquares(x: usize, width: usize, offsets: usize, segments: usize, squares: usize): void {
  for (let segment: usize = 0; segment < segments; segment++) {
    const start = <usize>load<u32>(offsets + (segment << 2));
    const count = <usize>load<u32>(offsets + (segment << 2), 4) - start;
    const first = x + ((start * width) << 2);
    const sum = inner(first, first, count * width);
    store<f32>(squares + (segment << 2), load<f32>(squares + (segment << 2)) + sum);
  }
}

/** x_t = factors[s] · x_t for the rows of segment s. */
export function scaleSegments(x: usize, width: usize, offsets: usize, segments: usize, factors: usize): void {
  for (let segment: usize = 0; segment < segments; segment++) {
    const start = <usize>load<u32>(offsets + (segment << 2));
    const end = <usize>load<u32>(offsets + (segment << 2), 4);
    const factor = load<f32>(factors + (segment << 2));
    const lanes = f32x4.splat(factor);
    const stop = x + ((end * width) << 2);
    let at = x + ((start * width) << 2);
    for (; at + 16 <= stop; at += 16) v128.store(at, f32x4.mul(v128.load(at), lanes));
    for (; at < stop; at += 4) store<f32>(at, load<f32>(at) * factor);
  }
}

/** gains[s] = Σ over the segment's rows of x_t ⊙ y_t, biases[s] = Σ of y_t. */
export function gainSums(
  x: usize,
  y: usize,
  width: usize,
  offsets: usize,
  segments: usize,
  gains: usize,
  biases: usize,
): void {
  const bytes = width << 2;
  memory.fill(gains, 0, segments * bytes);
  memory.fill(biases, 0, segments * bytes);
  for (let segment: usize = 0; segment < segments; segment++) {
    const start = <usize>load<u32>(offsets + (segment << 2));
    const end = <usize>load<u32>(offsets + (segment << 2), 4);
    for (let row = start; row < end; row++) {
      addProduct(x + row * bytes, y + row * bytes, gains, bytes);
      addScaled(y + row * bytes, 1, biases, width);
    }
    gains += bytes;
    biases += bytes;
  }
}

/** sum += x ⊙ y. */
function addProduct(x: usize, y: usize, sum: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    v128.store(sum + at, f32x4.add(v128.load(sum + at), f32x4.mul(v128.load(x + at), v128.load(y + at))));
  }
  for (; at < bytes; at += 4) store<f32>(sum + at, load<f32>(sum + at) + load<f32>(x + at) * load<f32>(y + at));
}

/**
 * The part of negatives in the squared norm of a gradient by a matrix that maps both a shopper's own rows x_i and shared
 * rows n_k, whose outputs' gradients are g_i and h_k = d_k u − w_k e_k:
 * squares[s] += 2 Σ_ik (x_i·n_k)(g_i·h_k) + Σ_kl (n_k·n_l)(h_k·h_l).
 *
 * @param g own rows × width, by segments
 * @param texts own rows × negatives: x_i · n_k
 * @param vectors own rows × negatives: g_i · e_k
 * @param u segments × width
 * @param d segments × negatives; `w` and `cosine` = u · e_k likewise
 * @param dAmong d · N Nᵀ, segments × negatives
 * @param wAmong w · (N Nᵀ ⊙ E Eᵀ), segments × negatives
 */
export function negativeSquares(
  g: usize,
  texts: usize,
  vectors: usize,
  u: usize,
  d: usize,
  w: usize,
  cosine: usize,
  dAmong: usize,
  wAmong: usize,
  width: usize,
  count: usize,
  offsets: usize,
  segments: usize,
  squares: usize,
): void {
  const row = count << 2;
  for (let segment: usize = 0; segment < segments; segment++) {
    const start = <usize>load<u32>(offsets + (segment << 2));
    const end = <usize>load<u32>(offsets + (segment << 2), 4);
    let crossed: f32 = 0;
    for (let i = start; i < end; i++) {
      const along = inner(g + ((i * width) << 2), u, width);
      crossed += along * inner(texts + i * row, d, count) - inner3(texts + i * row, vectors + i * row, w, count);
    }
    const length = inner(u, u, width);
    const among = length * inner(dAmong, d, count) - 2 * inner3(dAmong, w, cosine, count) + inner(wAmong, w, count);
    store<f32>(squares + (segment << 2), load<f32>(squares + (segment << 2)) + 2 * crossed + among);
    u += width << 2;
    d += row;
    w += row;
    cosine += row;
    dAmong += row;
    wAmong += row;
  }
}

/** Σ x[i] · y[i] · z[i]. */
function inner3(x: usize, y: usize, z: usize, width: usize): f32 {
  let partial = f32x4.splat(0);
  const bytes = width << 2;
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    partial = f32x4.add(partial, f32x4.mul(f32x4.mul(v128.load(x + at), v128.load(y + at)), v128.load(z + at)));
  }
  let sum = sumOfLanes(partial);
  for (; at < bytes; at += 4) sum += load<f32>(x + at) * load<f32>(y + at) * load<f32>(z + at);
  return sum;
}
