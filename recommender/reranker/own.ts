import { HISTORY_DECAY, rowSums, valueAt } from '../mix/index.js';
import type { Mix, OwnEvidence, SparseMatrix } from '../mix/index.js';
import { dot } from '../text/index.js';
import type { PairAttributes } from './attributes.js';
import type { OwnFeatures } from './features.js';

/** Purchases of which a pair of labels needs about as many before what was counted outweighs what chance expects. */
const CATEGORY_PRIOR = 10;
const BRAND_PRIOR = 5;
/** How many of a history's last items surroundings are looked up for. */
const RECENT = 5;
/** How many of an item's nearest by text lend it their windows. */
const NEIGHBOURS = 20;
/** Vectors of surroundings that are kept: 40 MB of 512 dimensions. */
const MOST_KEPT = 20_000;

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? 0;

/** Σ .7^age · counts[item of that age, candidate] for every candidate. */
export function countTerm(counts: SparseMatrix, history: Int32Array, candidates: Int32Array): Float32Array {
  return Float32Array.from(candidates, (candidate) => {
    let sum = 0;
    for (let age = 0; age < history.length; age += 1)
      sum += HISTORY_DECAY ** age * valueAt(counts, at(history, history.length - 1 - age), candidate);
    return sum;
  });
}

/** How much more often than by chance the merchant's shoppers bought two labels (brands, categories) near each other. */
class LabelAffinity {
  private readonly pairs = new Map<number, number>();
  private readonly totals: Float64Array;
  private readonly all: number;
  private readonly codes: Int32Array;
  private readonly prior: number;

  constructor(window: SparseMatrix, codes: Int32Array, prior: number) {
    this.codes = codes;
    this.prior = prior;
    this.totals = new Float64Array(1 + codes.reduce((most, code) => Math.max(most, code), 0));
    let all = 0;
    for (let row = 0; row < window.rows; row += 1)
      for (let entry = at(window.starts, row); entry < at(window.starts, row + 1); entry += 1) {
        const [one, other] = [at(codes, row), at(codes, at(window.indices, entry))];
        if (one < 0 || other < 0) continue;
        const count = Math.expm1(at(window.values, entry));
        const key = this.keyOf(one, other);
        this.pairs.set(key, (this.pairs.get(key) ?? 0) + count);
        this.totals[one] = at(this.totals, one) + count;
        all += count;
      }
    this.all = all;
  }

  /** ln of the shrunken share of `other` near `one` over its share everywhere; 0 where a label is missing. */
  of(one: number, other: number): number {
    const [from, to] = [at(this.codes, one), at(this.codes, other)];
    if (from < 0 || to < 0) return 0;
    const share = (at(this.totals, to) + 0.5) / (this.all + 0.5 * this.totals.length);
    const counted = (this.pairs.get(this.keyOf(from, to)) ?? 0) + this.prior * share;
    return Math.log(counted / (at(this.totals, from) + this.prior) / share);
  }

  private keyOf(one: number, other: number): number {
    return one * this.totals.length + other;
  }
}

/** Purchases of an item's label over how many items have it, by item; 0 where the label is missing. */
function purchasesAnItem(purchases: Float64Array, codes: Int32Array): Float32Array {
  const labels = 1 + codes.reduce((most, code) => Math.max(most, code), -1);
  const [sums, sizes] = [new Float64Array(labels), new Float64Array(labels)];
  codes.forEach((code, item) => {
    if (code < 0) return;
    sums[code] = at(sums, code) + at(purchases, item);
    sizes[code] = at(sizes, code) + 1;
  });
  return Float32Array.from(codes, (code) => (code < 0 ? 0 : at(sums, code) / at(sizes, code)));
}

/** Reads the merchant's own evidence for lists. What it counts once, it counts for all lists of a mix. */
export class OwnReader {
  private static readonly known = new WeakMap<OwnEvidence, OwnReader>();

  private readonly mix: Mix;
  private readonly windowTotals: Float64Array;
  private readonly categories: LabelAffinity;
  private readonly brands: LabelAffinity;
  private readonly brandPopularity: Float32Array;
  private readonly surroundings = new Map<number, Float32Array>();

  private constructor(mix: Mix, attributes: PairAttributes) {
    const { window } = mix.own;
    this.mix = mix;
    this.windowTotals = rowSums(window);
    this.categories = new LabelAffinity(window, attributes.category[3], CATEGORY_PRIOR);
    this.brands = new LabelAffinity(window, attributes.brand, BRAND_PRIOR);
    this.brandPopularity = purchasesAnItem(mix.own.purchases, attributes.brand).map(Math.log1p);
  }

  /** The reader of a mix's evidence: the same for mixes that share it. */
  static of(mix: Mix, attributes: PairAttributes): OwnReader {
    const known = OwnReader.known.get(mix.own) ?? new OwnReader(mix, attributes);
    OwnReader.known.set(mix.own, known);
    return known;
  }

  read(history: Int32Array, candidates: Int32Array): OwnFeatures {
    const { directed, window, popularity, lateness, recentPopularity } = this.mix.own;
    const { vectors, dimensions } = this.mix.text;
    const last = at(history, history.length - 1);
    const windowTotal = history.reduce(
      (sum, item, position) => sum + HISTORY_DECAY ** (history.length - 1 - position) * at(this.windowTotals, item),
      0,
    );
    const around = this.surroundingsOf(history);
    const towards = (vector: Float32Array, item: number): number =>
      dot(vector, 0, vectors, item * dimensions, dimensions);
    return {
      directed: countTerm(directed, history, candidates),
      window: countTerm(window, history, candidates),
      logPopularity: Float32Array.from(candidates, (item) => at(popularity, item)),
      windowTotal,
      categoryAffinity: Float32Array.from(candidates, (item) => this.categories.of(last, item)),
      brandAffinity: Float32Array.from(candidates, (item) => this.brands.of(last, item)),
      nearSurroundings: Float32Array.from(candidates, (item) => towards(around, item)),
      lastNearSurroundings: Float32Array.from(candidates, (item) => towards(this.around(item), last)),
      lateness: Float32Array.from(candidates, (item) => at(lateness, item)),
      logRecentPopularity: Float32Array.from(candidates, (item) => at(recentPopularity, item)),
      logBrandPopularity: Float32Array.from(candidates, (item) => at(this.brandPopularity, item)),
      neighbourWindow: this.neighbourWindow(last, candidates),
    };
  }

  /** ln(1 + Σ s(last, a)² · s(b, candidate)² · window[a, b]) over each item itself (s = 1) and its nearest by text. */
  private neighbourWindow(last: number, candidates: Int32Array): Float32Array {
    const { starts, indices, values } = this.mix.own.window;
    const lent = new Map<number, number>();
    for (const [near, weight] of this.lenders(last))
      for (let entry = at(starts, near); entry < at(starts, near + 1); entry += 1) {
        const item = at(indices, entry);
        lent.set(item, (lent.get(item) ?? 0) + weight * at(values, entry));
      }
    return Float32Array.from(candidates, (candidate) => {
      let sum = 0;
      for (const [near, weight] of this.lenders(candidate)) sum += weight * (lent.get(near) ?? 0);
      return Math.log1p(sum);
    });
  }

  /** An item, weighing 1, and its nearest by text, weighing their squared similarity. */
  private *lenders(item: number): Generator<readonly [number, number], void, undefined> {
    const { count, indices, similarities } = this.mix.text.neighbours;
    yield [item, 1];
    for (let place = item * count; place < item * count + Math.min(NEIGHBOURS, count); place += 1)
      yield [at(indices, place), Math.max(0, at(similarities, place)) ** 2];
  }

  /** Σ .7^age · {@link around} over a history's last items. */
  private surroundingsOf(history: Int32Array): Float32Array {
    const sum = new Float32Array(this.mix.text.dimensions);
    history
      .slice(-RECENT)
      .reverse()
      .forEach((item, age) => {
        const decay = HISTORY_DECAY ** age;
        const around = this.around(item);
        for (let dimension = 0; dimension < sum.length; dimension += 1)
          sum[dimension] = at(sum, dimension) + decay * at(around, dimension);
      });
    return sum;
  }

  /** Σ_j window[item, j] · x_j / (1 + Σ_j window[item, j]): what the merchant's shoppers bought around an item, as a text. */
  private around(item: number): Float32Array {
    const known = this.surroundings.get(item);
    if (known !== undefined) return known;
    const { starts, indices, values } = this.mix.own.window;
    const { vectors, dimensions } = this.mix.text;
    const mean = new Float32Array(dimensions);
    const scale = 1 / (1 + at(this.windowTotals, item));
    for (let entry = at(starts, item); entry < at(starts, item + 1); entry += 1) {
      const weight = scale * at(values, entry);
      const start = at(indices, entry) * dimensions;
      for (let dimension = 0; dimension < dimensions; dimension += 1)
        mean[dimension] = at(mean, dimension) + weight * at(vectors, start + dimension);
    }
    if (this.surroundings.size >= MOST_KEPT) this.surroundings.clear();
    this.surroundings.set(item, mean);
    return mean;
  }
}
