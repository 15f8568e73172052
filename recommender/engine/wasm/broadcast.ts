/** A smaller tensor spread over a larger one, seen as rows × width. */
export interface Broadcast {
  /** `row`: every row gets the same `width` values. `column`: row i gets value i, `width` times. */
  readonly kind: 'row' | 'column';
  readonly rows: number;
  readonly width: number;
}

/**
 * How a tensor of shape `small` broadcasts into one of shape `large`, where that is a matter of whole rows or whole
 * columns; undefined where nothing is repeated, or in another pattern, or where `large` itself would be repeated.
 */
export function broadcastOf(large: readonly number[], small: readonly number[]): Broadcast | undefined {
  if (small.length > large.length) return undefined;
  const padded = [...large.slice(small.length).map(() => 1), ...small];
  if (!padded.every((extent, axis) => extent === large[axis] || extent === 1)) return undefined;
  const size = (extents: readonly number[]): number => extents.reduce((product, extent) => product * extent, 1);
  const [total, given] = [size(large), size(small)];
  if (given === 0 || given === total) return undefined;
  const width = total / given;
  // Leading axes repeat: the last axes must be whole. Trailing axes repeat: the first must be.
  const whole = (axes: readonly number[]): boolean => axes.every((extent, axis) => extent === large[axis]);
  const firstKept = padded.findIndex((extent) => extent !== 1);
  if (firstKept < 0) return { kind: 'column', rows: 1, width: total };
  if (padded.slice(firstKept).every((extent, axis) => extent === large[firstKept + axis])) {
    return { kind: 'row', rows: width, width: given };
  }
  const lastKept = padded.findLastIndex((extent) => extent !== 1);
  return whole(padded.slice(0, lastKept + 1)) ? { kind: 'column', rows: given, width } : undefined;
}
