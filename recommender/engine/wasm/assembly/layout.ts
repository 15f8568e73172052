/**
 * Copies an array of any rank into another order of its axes, in runs along the last axis of the result.
 *
 * @param plan 3 · rank words of scratch, 8-byte aligned: the result's sizes, the input's stride (in elements) along each of the
 *   result's axes, and room for a counter that starts at zero
 */
export function permute(from: usize, to: usize, rank: usize, plan: usize): void {
  const strides = plan + (rank << 2);
  const counter = strides + (rank << 2);
  const last = rank - 1;
  const run = <usize>load<u32>(plan + (last << 2));
  const step = (<usize>load<u32>(strides + (last << 2))) << 2;
  let runs: usize = 1;
  for (let axis: usize = 0; axis < last; axis++) runs *= load<u32>(plan + (axis << 2));
  for (let i: usize = 0; i < runs; i++) {
    copyRun(from, to, run, step);
    to += run << 2;
    for (let axis = last; axis > 0; axis--) {
      const at = (axis - 1) << 2;
      const size = load<u32>(plan + at);
      const stride = (<usize>load<u32>(strides + at)) << 2;
      const count = load<u32>(counter + at) + 1;
      from += stride;
      if (count < size) {
        store<u32>(counter + at, count);
        break;
      }
      store<u32>(counter + at, 0);
      from -= stride * size;
    }
  }
}

/** `count` elements that lie `step` bytes apart, side by side. */
function copyRun(from: usize, to: usize, count: usize, step: usize): void {
  if (step == 4) {
    memory.copy(to, from, count << 2);
    return;
  }
  for (let i: usize = 0; i < count; i++) {
    store<f32>(to + (i << 2), load<f32>(from));
    from += step;
  }
}

/** Row `indices[i]` of a table to row i of the result; the caller has checked the int32 indices. */
export function gather(table: usize, indices: usize, to: usize, count: usize, width: usize): void {
  const bytes = width << 2;
  for (let i: usize = 0; i < count; i++) {
    memory.copy(to, table + <usize>load<u32>(indices + (i << 2)) * bytes, bytes);
    to += bytes;
  }
}

/**
 * Adds row i of `from` to row `segments[i]` of `to`, in the order of i; negative int32 segments are left out.
 * @param segmentCount rows of `to`, which are set to zero first
 */
export function segmentSum(
  from: usize,
  segments: usize,
  to: usize,
  count: usize,
  width: usize,
  segmentCount: usize,
): void {
  const bytes = width << 2;
  memory.fill(to, 0, segmentCount * bytes);
  for (let i: usize = 0; i < count; i++) {
    const segment = load<i32>(segments + (i << 2));
    if (segment >= 0) accumulate(to + <usize>segment * bytes, from, width);
    from += bytes;
  }
}

function accumulate(to: usize, from: usize, width: usize): void {
  const end = to + (width << 2);
  for (; to + 16 <= end; to += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    from += 16;
  }
  for (; to < end; to += 4) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    from += 4;
  }
}
