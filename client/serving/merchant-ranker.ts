import { randomUUID } from 'node:crypto';
import { osRandom } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';
import {
  campaignShoppers,
  CatalogueSearch,
  explore,
  keyedIdentifiers,
  presentBeside,
  readRawIdentifiers,
  reasonInWords,
} from '../../recommender/index.js';
import type { Item, ItemFilter, RankedItem, Reason, Shopper } from '../../recommender/index.js';
import type { DataConfig } from '../config/config.js';
import { openClient, workerSettings } from '../session.js';
import type { OpenedClient } from '../session.js';
import type { TrainingProgress } from '../training/messages.js';
import { ShopSession } from '../training/session.js';
import type { IndexedShop } from '../training/session.js';
import { fileSource } from '../training/sources.js';
import { buildRanker } from './build-ranker.js';
import type { BuiltRanker } from './build-ranker.js';
import { exploredFeedback } from './exploration-report.js';
import { appendImpression, readImpressions } from './impressions.js';
import { rerankerOrder } from './reorder.js';
import type {
  ServedExploration,
  ServedImpression,
  ServedItem,
  ServedPromotion,
  ServedRequest,
  ServedShopper,
} from './served.js';

const DEFAULT_COUNT = 10;

/** A result, and whether the re-ranker placed it higher than the mix had. */
interface OfferedItem extends RankedItem {
  readonly raised: boolean;
}

/** What is looked at among search hits before the shopper's taste orders them. */
const SEARCH_DEPTH = 200;

/** The best items beyond the list that exploring places may take, beside those of the list. */
const EXPLORED_BEYOND = 20;

/** What is said of a result that the re-ranker raised, by who taught it. */
const RAISED = {
  federation: 'raised by what several merchants learnt together',
  public: 'raised by what shoppers of public catalogues chose',
} as const;

/** How to open a {@link MerchantRanker}. */
export interface MerchantRankerOptions {
  readonly dir: string;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  /**
   * How a query meets a large catalogue: `auto` builds an index at the first search where one pays for a process that
   * goes on; `exact` compares with every item, and is faster for one search. @default 'auto'
   */
  readonly search?: 'auto' | 'exact' | undefined;
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
  readonly #client: OpenedClient;
  readonly #data: DataConfig;
  readonly #lookup: 'auto' | 'exact';
  readonly #shoppers: ReadonlyMap<string, Shopper>;
  #search: CatalogueSearch | undefined;

  private constructor(shop: IndexedShop, client: OpenedClient, data: DataConfig, search: 'auto' | 'exact') {
    this.#shop = shop;
    this.#client = client;
    this.#data = data;
    this.#lookup = search;
    this.#parts = buildRanker(shop, client);
    this.#shoppers = new Map(shop.shop.shoppers.map((shopper) => [shopper.key, shopper]));
    this.notes = this.#parts.notes;
  }

  /** @throws GuildhallError STATE_*, CLIENT_*, DATA_*, MODEL_MALFORMED */
  static async open({ dir, onProgress, search = 'auto' }: MerchantRankerOptions): Promise<MerchantRanker> {
    const client = openClient(dir);
    const settings = workerSettings(client);
    const session = new ShopSession(settings, onProgress === undefined ? {} : { onProgress });
    const shop = await session.index();
    onProgress?.({ stage: 'training' });
    return new MerchantRanker(shop, client, settings.data, search);
  }

  /**
   * The best items for a context.
   * @throws GuildhallError DATA_UNKNOWN_ID for a shopper or an item that the data does not have
   */
  rank(request: ServedRequest): ServedItem[] {
    return this.#ranked(request, request.count ?? DEFAULT_COUNT).map((result) => this.#served(result));
  }

  /**
   * The best items, with some places given to Thompson sampling among the best twenty beyond the list. The list is in the
   * log, with its propensities, before it is returned.
   * @throws GuildhallError DATA_UNKNOWN_ID; SERVING_PLACE_OUTSIDE for a place that the list does not have; STATE_*
   */
  explore(request: ServedRequest, { places, clicks = new Map() }: ServedExploration): ServedImpression {
    const { paths } = this.#client.state;
    const { count = DEFAULT_COUNT, shopper } = request;
    const pool = this.#ranked(request, count + EXPLORED_BEYOND);
    const length = Math.min(count, pool.length);
    const outside = places.find((place) => !(place >= 1 && place <= length));
    if (outside !== undefined) {
      throw new GuildhallError(
        'SERVING_PLACE_OUTSIDE',
        `Place ${outside} cannot explore: the list has ${length} places.`,
      );
    }
    const log = readImpressions(paths.impressions);
    const feedback = exploredFeedback(log.impressions, clicks);
    const byItem = new Map(pool.map((result) => [result.item, this.#served(result)]));
    const idOf = (item: number): string => this.#shop.shop.catalogue.items[item]?.id ?? '';
    const items = pool.map(({ item }) => item);
    const explored = explore(items.slice(0, length), items, {
      slots: places.map((place) => place - 1),
      feedback: (item) => feedback.get(idOf(item)),
      random: osRandom,
    });
    const id = randomUUID();
    appendImpression(paths.impressions, {
      version: 1,
      request: id,
      time: new Date().toISOString(),
      shopper: shopper === undefined ? null : this.#keyOf(shopper),
      places: explored.map(({ item, ranked, ...chance }, at) => ({
        place: at + 1,
        item: idOf(item),
        ranked: idOf(ranked),
        ...chance,
      })),
    });
    const results = explored.flatMap(({ item, explored: drawn, propensity }, at) => {
      const served = byItem.get(item);
      return served === undefined ? [] : [{ ...served, place: at + 1, explored: drawn, propensity }];
    });
    return { request: id, results, damagedLines: log.damaged };
  }

  /**
   * The items most like one that is not in the catalogue yet, by its texts alone.
   * @throws RangeError unless `count` is a positive whole number
   */
  place(newItem: Omit<Item, 'id'>, count = DEFAULT_COUNT): ServedItem[] {
    const { items } = this.#shop.shop.catalogue;
    return this.#searcher()
      .placeNewItem({ id: '', ...newItem }, count)
      .map(({ document, relevance }) => {
        const { id = '', title = '' } = items[document] ?? {};
        return { item: id, title, score: relevance, reasons: ['similar text to the new item'] };
      });
  }

  /**
   * The shoppers whom a campaign for an item suits best, best first, by their ids in the data. Gate shoppers are
   * among them: a campaign teaches no model.
   * @throws GuildhallError DATA_*, also DATA_UNKNOWN_ID for an item that the catalogue does not have
   */
  async campaign(promotion: ServedPromotion, count = DEFAULT_COUNT): Promise<ServedShopper[]> {
    const { shoppers, catalogue } = this.#shop.shop;
    const histories = shoppers.map(({ history }) => history);
    const promoted =
      'item' in promotion
        ? { item: this.#itemOf(promotion.item) }
        : { vector: this.#searcher().vectorOf({ id: '', ...promotion.newItem }) };
    const found = campaignShoppers(this.#parts.mix, promoted, histories, count);
    const keys = found.map(({ shopper }) => shoppers[shopper]?.key ?? '');
    const { events, columns } = this.#data;
    const rawIds = await readRawIdentifiers(fileSource(events), new Set(keys), {
      key: this.#client.state.localKey,
      columns: columns.events,
    });
    return found.map(({ score, reasons }, at) => ({
      shopper: rawIds.get(keys[at] ?? '') ?? '',
      score,
      reasons: reasons.map((reason) => reasonInWords(reason, catalogue)),
    }));
  }

  #ranked(request: ServedRequest, count: number): OfferedItem[] {
    const { query, diversity = 0, repeats } = request;
    const { history, times } = this.#context(request);
    const { ranker, reordering } = this.#parts;
    const now = times === undefined ? undefined : presentBeside(times.at(-1) ?? 0, Date.now());
    // A search is ordered by its words, and a list made diverse by its likenesses.
    const reordered = reordering !== undefined && query === undefined && diversity === 0 && history.length > 0;
    const results = ranker.rank({
      history,
      ...(times === undefined ? {} : { times }),
      ...(now === undefined ? {} : { now }),
      ...(query === undefined ? {} : { matches: this.#searcher().matches(query, SEARCH_DEPTH) }),
      filter: this.#filter(request),
      count,
      diversity,
      ...(reordered ? { arrangement: rerankerOrder(reordering, history) } : {}),
      ...(repeats === undefined ? {} : { repeats }),
    });
    return results.map((result, at) => ({ ...result, raised: reordered && at < result.place }));
  }

  #filter({ category, only, exclude, inStock }: ServedRequest): ItemFilter {
    const { items, indexOf } = this.#shop.shop.catalogue;
    const stock = new Uint8Array(items.length);
    for (const id of inStock ?? []) {
      const item = indexOf.get(id);
      if (item !== undefined) stock[item] = 1;
    }
    return {
      ...(category === undefined ? {} : { category }),
      ...(only === undefined ? {} : { only: new Set(only.map((id) => this.#itemOf(id))) }),
      ...(exclude === undefined ? {} : { exclude: new Set(exclude.map((id) => this.#itemOf(id))) }),
      ...(inStock === undefined ? {} : { inStock: stock }),
    };
  }

  #context({ shopper, items }: ServedRequest): Pick<Shopper, 'history' | 'times'> {
    if (items !== undefined) return { history: Int32Array.from(items, (id) => this.#itemOf(id)) };
    if (shopper === undefined) return { history: new Int32Array() };
    const found = this.#shoppers.get(this.#keyOf(shopper));
    if (found === undefined) throw new GuildhallError('DATA_UNKNOWN_ID', 'The data has no event of this shopper.');
    return found;
  }

  #keyOf(shopper: string): string {
    return keyedIdentifiers(this.#client.state.localKey)(shopper);
  }

  #itemOf(id: string): number {
    const index = this.#shop.shop.catalogue.indexOf.get(id);
    if (index === undefined) throw new GuildhallError('DATA_UNKNOWN_ID', `The catalogue has no item ${id}.`);
    return index;
  }

  #searcher(): CatalogueSearch {
    const { engine, shop, text } = this.#shop;
    const indexed = this.#lookup === 'auto' ? { index: { engine, random: osRandom } } : {};
    this.#search ??= new CatalogueSearch(shop.catalogue, text, indexed);
    return this.#search;
  }

  #served({ item, score, reasons, raised }: OfferedItem): ServedItem {
    const { catalogue } = this.#shop.shop;
    const { id = '', title = '' } = catalogue.items[item] ?? {};
    const inWords = reasons.map((reason: Reason) => reasonInWords(reason, catalogue));
    const { source } = this.#parts.reordering ?? {};
    const because = raised && source !== undefined ? [RAISED[source]] : [];
    return { item: id, title, score, reasons: [...inWords, ...because] };
  }
}
