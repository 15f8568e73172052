import type { MixTerm } from '../mix/index.js';
import type { ItemFilter } from './filters.js';

/** What is asked of the ranker: a context, and what may be offered for it. */
export interface RankRequest {
  /** The shopper's events, item indices, oldest first; empty for someone new. */
  readonly history?: Int32Array;
  /**
   * When each event was, in the unit of the repeat-purchase model (milliseconds, or events where only an order is
   * known); as long as `history`. Needed for repeats only.
   */
  readonly times?: Float64Array;
  /** The present, in the same unit. @default the time of the last event */
  readonly now?: number;
  /** Items that a search found, with their relevance from 0 to 1. */
  readonly matches?: ReadonlyMap<number, number>;
  /** How many items to return. @default 10 */
  readonly count?: number;
  readonly filter?: ItemFilter;
  /**
   * Whether items of the history may come again: never, or where the repeat-purchase model says that they are due. What
   * a search matches is shown in any case.
   * @default 'never'
   */
  readonly repeats?: 'never' | 'when-due';
  /** How much likeness to better items costs, from 0 (nothing) to 1 (the score counts no more). @default 0 */
  readonly diversity?: number;
  /** Orders the best of the mix anew before `count` of them are taken; not used where `diversity` is above 0. */
  readonly arrangement?: Arrangement;
}

/** An order of the mix's best other than the mix's own. */
export interface Arrangement {
  /** How many of the best it has to see. */
  readonly depth: number;
  /**
   * @param items best first; fewer than `depth` only where no more are offered
   * @returns every place of `items` once, in the new order
   */
  readonly placesOf: (items: Int32Array) => readonly number[];
}

/** What speaks for a result: a term of the mix, a search match, or a purchase that comes round again. */
export type ReasonTerm = MixTerm | 'match' | 'repeat';

/** One reason, largest first. */
export interface Reason {
  readonly term: ReasonTerm;
  /** Share of everything that speaks for the item, 0 to 1. */
  readonly share: number;
  /** The item of the history that it rests on most, where it rests on one. */
  readonly because?: number;
}

/** One result. */
export interface RankedItem {
  readonly item: number;
  /** Where the mix had it among all that is offered, from 0. */
  readonly place: number;
  /** Comparable within one answer only. */
  readonly score: number;
  readonly reasons: readonly Reason[];
}
