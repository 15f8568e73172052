import type { SparseMatrix } from '../mix/index.js';
import type { TextIndex } from '../text/index.js';
import type { CountNoise } from './noise.js';
import { meanUnits, posteriorMeans, publicUnitMix } from './posterior.js';
import { priorRates } from './prior.js';
import { lowerItems } from './support.js';
import type { PairSupport } from './support.js';

/** A released vector of counts, and what is known about how it was made. */
export interface CountsRelease {
  readonly support: PairSupport;
  /** One (noisy) count a cell. */
  readonly counts: ArrayLike<number>;
  /** K of the release: 1 or 2. */
  readonly l1Bound: number;
  /** Absent when no noise was added. */
  readonly noise?: CountNoise;
  /** How many releases of the same shoppers' units are added up. @default 1 */
  readonly releases?: number;
}

/**
 * The mix's federated term ĉ, items × items: for every cell E[ln(1 + pairs a release) | the release], with the prior of
 * {@link priorRates} and the known noise. Without noise it is ln(1 + count / w̄) itself. Symmetric, empty diagonal.
 * @param text of the same catalogue
 * @throws RangeError when the catalogues or lengths differ, or K has no public unit mix
 */
export function estimateCounts(release: CountsRelease, text: TextIndex): SparseMatrix {
  const { support, counts, l1Bound, noise, releases = 1 } = release;
  if (support.items !== text.items) throw new RangeError('The release and the text index are of different catalogues.');
  if (counts.length !== support.higher.length) throw new RangeError('A release has one count a cell.');
  const mix = publicUnitMix(l1Bound);
  const unit = meanUnits(mix);
  if (noise === undefined)
    return symmetric(
      support,
      Float64Array.from(counts, (count) => Math.log1p(Math.max(0, count) / (releases * unit))),
    );
  const rates = priorRates(support, counts, text, { l1Bound, unit: releases * unit });
  return symmetric(support, posteriorMeans(counts, rates, mix, noise, releases));
}

/** Values of the cells as a symmetric matrix; cells of value 0 are left out. */
function symmetric(support: PairSupport, values: Float64Array): SparseMatrix {
  const { items, higher } = support;
  const lower = lowerItems(support);
  const starts = new Int32Array(items + 1);
  const eachEntry = (visit: (row: number, column: number, value: number) => void): void => {
    // Cells rise by (lower, higher): visiting (higher, lower) entries first fills every row in ascending columns.
    for (const side of ['below', 'above'] as const)
      for (let cell = 0; cell < higher.length; cell += 1) {
        const value = values[cell] ?? 0;
        const [low, high] = [lower[cell] ?? 0, higher[cell] ?? 0];
        if (value !== 0) visit(side === 'below' ? high : low, side === 'below' ? low : high, value);
      }
  };
  eachEntry((row) => (starts[row + 1] = (starts[row + 1] ?? 0) + 1));
  for (let row = 0; row < items; row += 1) starts[row + 1] = (starts[row + 1] ?? 0) + (starts[row] ?? 0);
  const next = starts.slice();
  const indices = new Int32Array(starts[items] ?? 0);
  const entries = new Float32Array(indices.length);
  eachEntry((row, column, value) => {
    const position = next[row] ?? 0;
    indices[position] = column;
    entries[position] = value;
    next[row] = position + 1;
  });
  return { rows: items, columns: items, starts, indices, values: entries };
}
