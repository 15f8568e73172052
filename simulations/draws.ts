/** A stream of uniform reals in [0, 1), normally seeded. */
export type Uniform = () => number;

/** A uniform integer below `bound`. */
export function below(uniform: Uniform, bound: number): number {
  return Math.floor(uniform() * bound);
}

/** One of a list, each as likely. @throws RangeError for an empty list */
export function pick<T>(uniform: Uniform, list: readonly T[]): T {
  const chosen = list[below(uniform, list.length)];
  if (chosen === undefined) throw new RangeError('Nothing can be drawn from an empty list.');
  return chosen;
}

/** An index with probability proportional to its weight. */
export function weighted(uniform: Uniform, weights: readonly number[]): number {
  let left = uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let index = 0; index < weights.length - 1; index++) {
    left -= weights[index] ?? 0;
    if (left < 0) return index;
  }
  return weights.length - 1;
}

/** How many successes come before the first failure; `mean` of them on average. */
export function geometric(uniform: Uniform, mean: number): number {
  return Math.floor(Math.log(1 - uniform()) / Math.log(mean / (mean + 1)));
}

/** A copy in uniformly random order (Fisher and Yates). */
export function shuffled<T>(uniform: Uniform, list: readonly T[]): T[] {
  const result = Array.from(list);
  for (let last = result.length - 1; last > 0; last--) {
    const other = below(uniform, last + 1);
    const [moved, kept] = [result[other], result[last]];
    if (moved !== undefined && kept !== undefined) [result[last], result[other]] = [moved, kept];
  }
  return result;
}
