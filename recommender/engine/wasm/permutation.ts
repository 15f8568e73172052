/** A transposition as the kernel runs it: neighbouring axes that stay together are one, and those of extent 1 are gone. */
export interface PermutationPlan {
  /** The shape of the result. */
  readonly shape: readonly number[];
  /** Extents of the result, merged; at least one. */
  readonly sizes: readonly number[];
  /** Of each of `sizes`, how far its neighbours lie apart in the input, in elements. */
  readonly strides: readonly number[];
}

/** @param order the input's axis for each axis of the result */
export function permutationPlan(shape: readonly number[], order: readonly number[]): PermutationPlan {
  const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
  const sizes: number[] = [];
  const strides: number[] = [];
  for (const axis of order) {
    const [extent, step] = [shape[axis] ?? 1, stride[axis] ?? 1];
    if (extent === 1) continue;
    const before = strides.length - 1;
    if (strides[before] === step * extent) {
      sizes[before] = (sizes[before] ?? 1) * extent;
      strides[before] = step;
    } else {
      sizes.push(extent);
      strides.push(step);
    }
  }
  return {
    shape: order.map((axis) => shape[axis] ?? 1),
    sizes: sizes.length > 0 ? sizes : [1],
    strides: strides.length > 0 ? strides : [1],
  };
}
