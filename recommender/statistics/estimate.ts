import type { SparseMatrix } from '../mix/index.js';
import type { PairAttributes } from '../reranker/index.js';
import type { TextIndex } from '../text/index.js';
import { cellFeatures } from './cell-features.js';
import type { CountNoise } from './noise.js';
import { poissonRates } from './poisson-regression.js';
import { meanUnits, posteriorMeans, publicUnitMix } from './posterior.js';
import type { PairSupport } from './support.js';
import { symmetric } from './symmetric.js';

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

/** What a catalogue says to everybody. */
export interface PublicCatalogue {
  readonly text: TextIndex;
  readonly attributes: PairAttributes;
}

/**
 * The mix's federated term ĉ, items × items: for every cell E[ln(1 + pairs a release) | the release] under the known noise
 * and a prior rate that a Poisson regression over {@link cellFeatures} learns from the release itself. Without noise it
 * is ln(1 + count / w̄) itself. Symmetric, empty diagonal. Post-processing: it costs no privacy.
 * @param catalogue the one that the release is of
 * @throws RangeError when the catalogues or lengths differ, or K has no public unit mix
 */
export function estimateCounts(release: CountsRelease, catalogue: PublicCatalogue): SparseMatrix {
  const { text, attributes } = catalogue;
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
  const pairs = Float64Array.from(counts, (count) => count / (releases * unit));
  const rates = poissonRates(cellFeatures(support, counts, { text, attributes, l1Bound }), pairs);
  return symmetric(support, posteriorMeans(counts, rates, mix, noise, releases));
}
