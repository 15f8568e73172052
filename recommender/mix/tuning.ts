import { leaveOneOut, tiedRankOf } from '../metrics/index.js';
import { CandidateFinder, gather, weigh } from './candidates.js';
import type { MixTerm, TermTable } from './candidates.js';
import { DEFAULT_WEIGHTS } from './mix.js';
import type { Mix, MixWeights } from './mix.js';

const CUTOFF = 10;
/** Coordinate ascent stops after so many rounds over the terms, or earlier when a round changes nothing. */
const ROUNDS = 3;

/** The public grid of values that are tried for every own term; the last item's text has weight 1 always. */
export const WEIGHT_GRID: Readonly<Partial<Record<MixTerm, readonly number[]>>> = {
  textHistory: [0, 0.25, 0.5, 1, 1.5, 2, 3],
  directed: [0, 0.2, 0.4, 0.8, 1.2, 1.6, 2.4, 4, 8],
  window: [0, 0.1, 0.2, 0.4, 0.8, 1.6],
  popularity: [0, 0.01, 0.03, 0.06, 0.1, 0.2],
};

/** A history and the item that followed it. */
export interface TuningCase {
  readonly history: Int32Array;
  readonly target: number;
}

/** Weights found on validation items. */
export interface TunedWeights {
  readonly weights: MixWeights;
  /** Mean NDCG@10 over the cases with these weights, an optimistic figure: they were chosen on it. */
  readonly ndcg10: number;
  /** The same with {@link DEFAULT_WEIGHTS}. */
  readonly ndcg10OfDefaults: number;
}

/**
 * Own weights by coordinate ascent of the mean NDCG@10 over a small public grid, from the defaults; the federated
 * weight stays as it is in `mix`. Both sides of a comparison must use the same weights.
 *
 * A case is ranked among its candidates ({@link CandidateFinder}); items of its history are masked, except the target.
 *
 * @param mix must not have counted the cases' targets
 * @param cases validation items, never test items
 */
export function tuneWeights(
  mix: Mix,
  cases: readonly TuningCase[],
  options: { readonly grid?: Readonly<Partial<Record<MixTerm, readonly number[]>>> } = {},
): TunedWeights {
  const tables = tuningTables(mix, cases);
  const start = { ...DEFAULT_WEIGHTS, federated: mix.weights.federated };
  const ndcg10OfDefaults = meanOf(ndcgOfTables(tables, start));
  let best: MixWeights = start;
  let bestSeen = ndcg10OfDefaults;
  for (let round = 0; round < ROUNDS; round++) {
    const before = best;
    for (const [term, values] of Object.entries(options.grid ?? WEIGHT_GRID)) {
      for (const value of values) {
        const candidate = { ...best, [term]: value };
        const seen = meanOf(ndcgOfTables(tables, candidate));
        if (seen <= bestSeen + ROUNDING) continue;
        best = candidate;
        bestSeen = seen;
      }
    }
    if (best === before) break;
  }
  return { weights: best, ndcg10: bestSeen, ndcg10OfDefaults };
}

/** Means that differ by less are equal. */
const ROUNDING = 1e-9;

/** A case's candidates without the masked ones, and the target's place among them, −1 where it is none. */
export interface TuningTable extends TermTable {
  readonly target: number;
}

/** What weights are tried on; about 20 KiB a case. */
export function tuningTables(mix: Mix, cases: readonly TuningCase[]): TuningTable[] {
  const finder = new CandidateFinder(mix);
  return cases.map(({ history, target }) => {
    const hidden = new Set(history);
    hidden.delete(target);
    const table = finder.find(history);
    const kept = table.items.map((_, at) => at).filter((at) => !hidden.has(table.items[at] ?? -1));
    const items = kept.map((at) => table.items[at] ?? 0);
    const of = (term: MixTerm): Float32Array => gather(table.terms[term], kept);
    return {
      items,
      target: items.indexOf(target),
      terms: {
        textLast: of('textLast'),
        textHistory: of('textHistory'),
        directed: of('directed'),
        window: of('window'),
        popularity: of('popularity'),
        federated: of('federated'),
        tower: of('tower'),
      },
    };
  });
}

/** NDCG@10 of every case under some weights; 0 where the target is no candidate. */
export function ndcgOfTables(tables: readonly TuningTable[], weights: MixWeights): Float64Array {
  return Float64Array.from(tables, (table) =>
    table.target < 0 ? 0 : leaveOneOut(tiedRankOf(weigh(table, weights), table.target, []), CUTOFF).ndcg,
  );
}

function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
