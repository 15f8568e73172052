import { GuildhallError } from '../../errors/index.js';
import { CatalogueSearch, keyedIdentifiers, reasonInWords } from '../../recommender/index.js';
import type { RankRequest, Shopper } from '../../recommender/index.js';
import { requireData } from '../config/config.js';
import { openClient } from '../session.js';
import type { TrainingProgress } from '../training/messages.js';
import { ShopSession } from '../training/session.js';
import type { IndexedShop } from '../training/session.js';
import { buildRanker } from './build-ranker.js';
import type { BuiltRanker } from './build-ranker.js';
import { reorder } from './reorder.js';
import type { ReorderedItem } from './reorder.js';

/** One result, in the merchant's own terms. */
export interface ServedItem {
  readonly item: string;
  readonly title: string;
  /** Comparable within one answer only. */
  readonly score: number;
  /** Largest first. */
  readonly reasons: readonly string[];
}

/** A context in the merchant's own terms. */
export interface ServedRequest {
  /** A shopper's id as it stands in the data. */
  readonly shopper?: string | undefined;
  /** Ids of items, oldest event first, instead of a shopper: a new shopper's clicks, or one item for its like. */
  readonly items?: readonly string[] | undefined;
  readonly query?: string | undefined;
  readonly count?: number | undefined;
  readonly category?: string | undefined;
  readonly diversity?: number | undefined;
  readonly repeats?: RankRequest['repeats'] | undefined;
}

/** What is looked at among search hits before the shopper's taste orders them. */
const SEARCH_DEPTH = 200;

/** The re-ranker orders so many results of the mix; results asked for beyond keep the mix's order. */
const REORDERED = 60;

/** How to open a {@link MerchantRanker}. */
export interface MerchantRankerOptions {
  readonly dir: string;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

/**
 * The ranker over a merchant's own data and what its gate lets in of the newest releases: counts as a term of the mix,
 * the re-ranker over its top. Weights and the weight of repeats come from validation items. Nothing is sent; works while
 * the client runs.
 */
export class MerchantRanker {
  /** How it was put together, in sentences. */
  readonly notes: readonly string[];
  readonly #shop: IndexedShop;
  readonly #parts: BuiltRanker;
  readonly #keyOf: (raw: string) => string;
  #search: CatalogueSearch | undefined;

  private constructor(shop: IndexedShop, parts: BuiltRanker, keyOf: (raw: string) => string) {
    this.#shop = shop;
    this.#parts = parts;
    this.#keyOf = keyOf;
    this.notes = parts.notes;
  }

  /** @throws GuildhallError STATE_*, CLIENT_*, DATA_*, MODEL_MALFORMED */
  static async open({ dir, onProgress }: MerchantRankerOptions): Promise<MerchantRanker> {
    const client = openClient(dir);
    const { state, config } = client;
    const settings = { data: requireData(config, state.paths), cache: config.cache, localKey: state.localKey };
    const session = new ShopSession(settings, onProgress === undefined ? {} : { onProgress });
    const shop = await session.index();
    onProgress?.({ stage: 'training' });
    return new MerchantRanker(shop, buildRanker(shop, client), keyedIdentifiers(state.localKey));
  }

  /**
   * The best items for a context.
   * @throws GuildhallError DATA_UNKNOWN_ID for a shopper or an item that the data does not have
   */
  rank(request: ServedRequest): ServedItem[] {
    const { query, count = DEFAULT_COUNT, category, diversity = 0, repeats } = request;
    const { history, times } = this.#context(request);
    const { ranker, reordering } = this.#parts;
    // A search is ordered by its words, and a list made diverse by its likenesses.
    const reordered = reordering !== undefined && query === undefined && diversity === 0 && history.length > 0;
    const results = ranker.rank({
      history,
      ...(times === undefined ? {} : { times, now: Date.now() }),
      ...(query === undefined ? {} : { matches: this.#searcher().matches(query, SEARCH_DEPTH) }),
      ...(category === undefined ? {} : { filter: { category } }),
      count: reordered ? Math.max(count, REORDERED) : count,
      diversity,
      ...(repeats === undefined ? {} : { repeats }),
    });
    const ordered = reordered
      ? reorder(reordering, history, results)
      : results.map((result) => ({ ...result, raised: false }));
    return ordered.slice(0, count).map((result) => this.#served(result));
  }

  #context({ shopper, items }: ServedRequest): Pick<Shopper, 'history' | 'times'> {
    if (items !== undefined) return { history: Int32Array.from(items, (id) => this.#itemOf(id)) };
    if (shopper === undefined) return { history: new Int32Array() };
    const key = this.#keyOf(shopper);
    const found = this.#shop.shop.shoppers.find((one) => one.key === key);
    if (found === undefined) throw new GuildhallError('DATA_UNKNOWN_ID', 'The data has no event of this shopper.');
    return found;
  }

  #itemOf(id: string): number {
    const index = this.#shop.shop.catalogue.indexOf.get(id);
    if (index === undefined) throw new GuildhallError('DATA_UNKNOWN_ID', `The catalogue has no item ${id}.`);
    return index;
  }

  #searcher(): CatalogueSearch {
    this.#search ??= new CatalogueSearch(this.#shop.shop.catalogue, this.#shop.text);
    return this.#search;
  }

  #served({ item, score, reasons, raised }: ReorderedItem): ServedItem {
    const { catalogue } = this.#shop.shop;
    const { id = '', title = '' } = catalogue.items[item] ?? {};
    const inWords = reasons.map((reason) => reasonInWords(reason, catalogue));
    return { item: id, title, score, reasons: raised ? [...inWords, RAISED] : inWords };
  }
}

const DEFAULT_COUNT = 10;
const RAISED = 'raised by what several merchants learnt together';
