import type { Item, RankRequest } from '../../recommender/index.js';

/** One result, in the merchant's own terms. */
export interface ServedItem {
  readonly item: string;
  readonly title: string;
  /** Comparable within one answer only. */
  readonly score: number;
  /** Largest first. */
  readonly reasons: readonly string[];
}

/** A context in the merchant's own terms, and what may be offered. */
export interface ServedRequest {
  /** A shopper's id as it stands in the data. */
  readonly shopper?: string | undefined;
  /** Ids of items, oldest event first, instead of a shopper: a new shopper's clicks, or one item for its like. */
  readonly items?: readonly string[] | undefined;
  readonly query?: string | undefined;
  readonly count?: number | undefined;
  readonly category?: string | undefined;
  /** Ids of the only items that may be offered, those of a promotion say. */
  readonly only?: readonly string[] | undefined;
  /** Ids of items that must not be offered. */
  readonly exclude?: readonly string[] | undefined;
  /** Ids of the items in stock; ids that the catalogue lacks are passed over. */
  readonly inStock?: readonly string[] | undefined;
  readonly diversity?: number | undefined;
  readonly repeats?: RankRequest['repeats'] | undefined;
}

/** Which places explore, and what was seen so far. */
export interface ServedExploration {
  /** Places from 1. */
  readonly places: readonly number[];
  /** Item ids that were clicked or bought, by request id. */
  readonly clicks?: ReadonlyMap<string, ReadonlySet<string>> | undefined;
}

/** One place of an explored list. */
export interface ExploredItem extends ServedItem {
  /** From 1. */
  readonly place: number;
  readonly explored: boolean;
  /** Probability with which the item came to this place. */
  readonly propensity: number;
}

/** An explored list, as it was logged. */
export interface ServedImpression {
  /** Names the request; the shop's click log repeats it. */
  readonly request: string;
  readonly results: readonly ExploredItem[];
  /** Lines of the log so far that could not be read. */
  readonly damagedLines: readonly number[];
}

/** What a campaign is for: an item of the catalogue by its id, or a new one by its texts. */
export type ServedPromotion = { readonly item: string } | { readonly newItem: Omit<Item, 'id'> };

/** One shopper whom a campaign would suit. */
export interface ServedShopper {
  /** The id as it stands in the merchant's data: for the merchant's own eyes. */
  readonly shopper: string;
  readonly score: number;
  readonly reasons: readonly string[];
}
