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
  /** Comparable within one answer only. */
  readonly score: number;
  readonly reasons: readonly Reason[];
}
