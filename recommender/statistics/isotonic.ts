/**
 * The non-decreasing sequence nearest to `values` in weighted squares, by pooling adjacent violators (Barlow,
 * Bartholomew, Bremner and Brunk 1972).
 * @param weights one positive weight a value
 */
export function isotonic(values: ArrayLike<number>, weights: ArrayLike<number>): Float64Array {
  const blocks: { mean: number; weight: number; length: number }[] = [];
  for (let index = 0; index < values.length; index += 1) {
    let block = { mean: values[index] ?? 0, weight: weights[index] ?? 0, length: 1 };
    for (let previous = blocks.at(-1); previous !== undefined && previous.mean > block.mean; previous = blocks.at(-1)) {
      blocks.pop();
      const weight = previous.weight + block.weight;
      const mean = (previous.mean * previous.weight + block.mean * block.weight) / weight;
      block = { mean, weight, length: previous.length + block.length };
    }
    blocks.push(block);
  }
  const fitted = new Float64Array(values.length);
  let start = 0;
  for (const block of blocks) {
    fitted.fill(block.mean, start, start + block.length);
    start += block.length;
  }
  return fitted;
}
