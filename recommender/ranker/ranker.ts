import { CandidateFinder, MIX_TERMS, topOf, weigh } from '../mix/index.js';
import type { Mix, MixWeights, TermTable } from '../mix/index.js';
import type { Catalogue } from '../types.js';
import { diversify } from './diversity.js';
import { compileFilter } from './filters.js';
import type { ItemPredicate } from './filters.js';
import { reasonsOf } from './reasons.js';
import type { Contributions } from './reasons.js';
import type { RepeatModel } from './repeats.js';
import type { RankedItem, RankRequest } from './request.js';

const DEFAULT_COUNT = 10;
/** MMR chooses among so many times the wanted items. */
const DIVERSITY_POOL = 5;
/** A filter that takes away more than half of the candidates may have left out better ones: then so many a result must be left. */
const FILTERED_SHARE = 0.5;
const FILTERED_CANDIDATES = 20;
/** Weight of a search match of relevance 1, beside which the mix orders what matches equally well. */
const MATCH_WEIGHT = 6;
/** Weight of a purchase that is certain to come again, where no validation has chosen one. */
const DEFAULT_REPEAT_WEIGHT = 4;

/** What a ranker is made of. */
export interface RankerParts {
  readonly catalogue: Catalogue;
  /** The merchant's evidence, texts and released statistic, under the weights to use. */
  readonly mix: Mix;
  /** When purchases come again; absent where nothing is known of it. */
  readonly repeats?: RepeatModel;
  /**
   * Weight of a purchase that is certain to come again; 0 offers nothing again. Shops differ widely, so take it from
   * `validateRepeatWeight`. @default 4
   */
  readonly repeatWeight?: number;
}

/** What speaks for one item. */
interface Speaks {
  readonly weights: MixWeights;
  /** Relevance to the search, where it matches one. */
  readonly match: number | undefined;
  /** Probability that it comes again, where it is due. */
  readonly due: number | undefined;
}

/**
 * One ranker for recommendation, similar items, search, guidance of new shoppers and campaign candidates: a context in,
 * items with scores and reasons out. It scores candidates, not the catalogue (see {@link CandidateFinder}), so a request
 * costs about the same in a shop of a thousand items and of a hundred thousand. Not to be shared between threads.
 */
export class Ranker {
  private readonly parts: RankerParts;
  private readonly finder: CandidateFinder;
  private readonly repeatWeight: number;

  constructor(parts: RankerParts) {
    this.parts = parts;
    this.repeatWeight = parts.repeatWeight ?? DEFAULT_REPEAT_WEIGHT;
    this.finder = new CandidateFinder(parts.mix);
  }

  /**
   * The best items for a context, best first; fewer where not enough pass the filter.
   * @throws RangeError for a count or a diversity out of range, an unknown item, or times that do not fit the history
   */
  rank(request: RankRequest): RankedItem[] {
    const { catalogue, mix } = this.parts;
    const { history = new Int32Array(), count = DEFAULT_COUNT, diversity = 0, matches, arrangement } = request;
    this.check(request, history);
    const passes = compileFilter(request.filter ?? {}, catalogue);
    const repeating = this.dueItems(request, history);
    // Who searches wants to find, also what was bought before.
    const mayRepeat = (item: number): boolean => matches !== undefined || repeating.has(item);
    const offered = (item: number): boolean => passes(item) && (mayRepeat(item) || !history.includes(item));
    const offeredMatch = (item: number): boolean => offered(item) && matches?.has(item) !== false;
    const table = this.candidates(request, history, offeredMatch);
    const scores = this.score(table, { history, matches, repeating, offered: offeredMatch });
    const depth = diversity > 0 ? DIVERSITY_POOL * count : Math.max(count, arrangement?.depth ?? 0);
    const pool = topOf(scores, depth, this.hidden(scores));
    const items = pool.items.map((place) => table.items[place] ?? 0);
    const places =
      diversity > 0
        ? diversify(mix.text, items, pool.scores, { diversity, count })
        : (arrangement?.placesOf(items) ?? Array.from(items.keys()));
    return places.slice(0, count).map((place) => {
      const item = items[place] ?? 0;
      const speaks = { weights: mix.weightsFor(history), match: matches?.get(item), due: repeating.get(item) };
      const contributions = this.contributions(table, pool.items[place] ?? 0, speaks);
      return { item, place, score: pool.scores[place] ?? 0, reasons: reasonsOf(mix, history, item, contributions) };
    });
  }

  private check({ count = DEFAULT_COUNT, diversity = 0, times }: RankRequest, history: Int32Array): void {
    const { length } = this.parts.catalogue.items;
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`${count} results cannot be asked for.`);
    if (!(diversity >= 0 && diversity <= 1)) throw new RangeError(`A diversity of ${diversity} is not in [0, 1].`);
    if (times !== undefined && times.length !== history.length) throw new RangeError('Every event needs one time.');
    for (const item of history) {
      if (item < 0 || item >= length) throw new RangeError(`There is no item ${item} among ${length}.`);
    }
  }

  /** Items of the history that may come again, with the probability that they do. */
  private dueItems({ repeats, times, now }: RankRequest, history: Int32Array): ReadonlyMap<number, number> {
    const model = this.parts.repeats;
    if (repeats !== 'when-due' || model === undefined || this.repeatWeight === 0) return new Map();
    const at = times ?? Float64Array.from(history, (_, place) => place);
    return model.due(history, at, now ?? at.at(-1) ?? 0);
  }

  /** Candidates, or every item that passes where a filter leaves too few of them to be sure of the best. */
  private candidates(
    { matches, filter, count = DEFAULT_COUNT }: RankRequest,
    history: Int32Array,
    offered: ItemPredicate,
  ): TermTable {
    const table = this.finder.find(history, matches?.keys() ?? filter?.only);
    if (matches !== undefined) return table;
    let kept = 0;
    for (const item of table.items) if (offered(item)) kept += 1;
    const enough = kept >= FILTERED_SHARE * table.items.length ? count : FILTERED_CANDIDATES * count;
    if (kept >= enough) return table;
    const all = this.parts.catalogue.items.map((_, item) => item).filter(offered);
    return this.finder.find(history, all);
  }

  private score(
    table: TermTable,
    context: {
      readonly history: Int32Array;
      readonly matches: ReadonlyMap<number, number> | undefined;
      readonly repeating: ReadonlyMap<number, number>;
      readonly offered: ItemPredicate;
    },
  ): Float32Array {
    const scores = weigh(table, this.parts.mix.weightsFor(context.history));
    table.items.forEach((item, place) => {
      if (!context.offered(item)) {
        scores[place] = -Infinity;
        return;
      }
      const due = context.repeating.get(item);
      // An item's text is like itself whether or not it will be bought again, so only its counts speak beside the model.
      const base = due === undefined ? (scores[place] ?? 0) : (scores[place] ?? 0) - this.ownText(table, place);
      scores[place] = base + MATCH_WEIGHT * (context.matches?.get(item) ?? 0) + this.repeatWeight * (due ?? 0);
    });
    return scores;
  }

  private ownText(table: TermTable, place: number): number {
    const { textLast, textHistory } = this.parts.mix.weights;
    return textLast * (table.terms.textLast[place] ?? 0) + textHistory * (table.terms.textHistory[place] ?? 0);
  }

  private hidden(scores: Float32Array): ReadonlySet<number> {
    const hidden = new Set<number>();
    scores.forEach((score, place) => {
      if (score === -Infinity) hidden.add(place);
    });
    return hidden;
  }

  private contributions(table: TermTable, place: number, { weights, match, due }: Speaks): Contributions {
    const terms = MIX_TERMS.map((term) => [term, weights[term] * (table.terms[term][place] ?? 0)] as const);
    const { textLast, textHistory, ...counts } = Object.fromEntries(terms);
    const text = due === undefined ? { textLast: textLast ?? 0, textHistory: textHistory ?? 0 } : {};
    return { ...counts, ...text, match: MATCH_WEIGHT * (match ?? 0), repeat: this.repeatWeight * (due ?? 0) };
  }
}
