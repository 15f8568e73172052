import { GuildhallError } from '../../errors/index.js';
import { decodeModel } from '../../federation/index.js';
import {
  CatalogueSearch,
  isEvaluated,
  judge,
  keyedIdentifiers,
  Mix,
  openMerchant,
  Ranker,
  reasonInWords,
  RepeatModel,
  trainingEvents,
  validateRepeatWeight,
  validateWeights,
  validationCase,
} from '../../recommender/index.js';
import type { RankedItem, RankRequest, Shopper, TimedHistory } from '../../recommender/index.js';
import { requireData } from '../config/config.js';
import { ModelStore } from '../models.js';
import { openClient } from '../session.js';
import type { OpenedClient } from '../session.js';
import type { TrainingProgress } from '../training/messages.js';
import { releasedModels } from '../training/released.js';
import { ShopSession } from '../training/session.js';
import type { IndexedShop } from '../training/session.js';

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

/** How to open a {@link MerchantRanker}. */
export interface MerchantRankerOptions {
  readonly dir: string;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

/**
 * The ranker over a merchant's own data and the newest released counts that its gate lets in. Weights and the weight of
 * repeats come from validation items. Nothing is sent; works while the client runs.
 */
export class MerchantRanker {
  /** How it was put together, in sentences. */
  readonly notes: readonly string[];
  readonly #shop: IndexedShop;
  readonly #ranker: Ranker;
  readonly #keyOf: (raw: string) => string;
  #search: CatalogueSearch | undefined;

  private constructor(shop: IndexedShop, ranker: Ranker, keyOf: (raw: string) => string, notes: readonly string[]) {
    this.#shop = shop;
    this.#ranker = ranker;
    this.#keyOf = keyOf;
    this.notes = notes;
  }

  /** @throws GuildhallError STATE_*, CLIENT_*, DATA_*, MODEL_MALFORMED */
  static async open({ dir, onProgress }: MerchantRankerOptions): Promise<MerchantRanker> {
    const client = openClient(dir);
    const { state, config } = client;
    const settings = { data: requireData(config, state.paths), cache: config.cache, localKey: state.localKey };
    const session = new ShopSession(settings, onProgress === undefined ? {} : { onProgress });
    const shop = await session.index();
    onProgress?.({ stage: 'training' });
    const { ranker, notes } = buildRanker(shop, client);
    return new MerchantRanker(shop, ranker, keyedIdentifiers(state.localKey), notes);
  }

  /**
   * The best items for a context.
   * @throws GuildhallError DATA_UNKNOWN_ID for a shopper or an item that the data does not have
   */
  rank(request: ServedRequest): ServedItem[] {
    const { query, count, category, diversity, repeats } = request;
    const { history, times } = this.#context(request);
    const results = this.#ranker.rank({
      history,
      ...(times === undefined ? {} : { times, now: Date.now() }),
      ...(query === undefined ? {} : { matches: this.#searcher().matches(query, SEARCH_DEPTH) }),
      ...(category === undefined ? {} : { filter: { category } }),
      ...(count === undefined ? {} : { count }),
      ...(diversity === undefined ? {} : { diversity }),
      ...(repeats === undefined ? {} : { repeats }),
    });
    return results.map((result) => this.#served(result));
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

  #served({ item, score, reasons }: RankedItem): ServedItem {
    const { catalogue } = this.#shop.shop;
    const { id = '', title = '' } = catalogue.items[item] ?? {};
    return { item: id, title, score, reasons: reasons.map((reason) => reasonInWords(reason, catalogue)) };
  }
}

function buildRanker(
  { shop, text, engine }: IndexedShop,
  { state }: OpenedClient,
): { readonly ranker: Ranker; readonly notes: readonly string[] } {
  const { catalogue, shoppers } = shop;
  const models = new ModelStore(state.paths.models).newestBytes().map(decodeModel);
  const { counts } = releasedModels(models, { catalogue, text });
  const merchant = openMerchant({ engine, shop, text, gateSecret: state.localKey });
  const decisions = judge(merchant, counts === undefined ? {} : { counts });
  const federated = decisions.some(({ use }) => use) ? counts : undefined;
  const mixOf = (histories: readonly Int32Array[]): Mix =>
    Mix.build({ engine, text, histories, ...(federated === undefined ? {} : { federated }) });
  const evaluated = shoppers.filter(isEvaluated);
  const learnt = mixOf(shoppers.map(trainingEvents));
  const { weights, reason } = validateWeights(learnt, evaluated.map(validationCase));
  const timed = (shopper: Shopper, history: Int32Array): TimedHistory => ({
    items: history,
    times: shopper.times?.subarray(0, history.length) ?? Float64Array.from(history, (_, at) => at),
  });
  const repeatsOf = (cut: (shopper: Shopper) => Int32Array): { readonly repeats?: RepeatModel } => {
    const repeats = RepeatModel.fit(
      shoppers.map((shopper) => timed(shopper, cut(shopper))),
      catalogue,
    );
    return repeats === undefined ? {} : { repeats };
  };
  const repeatWeight = validateRepeatWeight(
    { catalogue, mix: learnt.with({ weights }), ...repeatsOf(trainingEvents) },
    evaluated.map((shopper) => {
      const { history, target } = validationCase(shopper);
      const before = timed(shopper, history);
      const now = shopper.times?.[history.length] ?? history.length;
      return { ...before, now, target: [target] };
    }),
  );
  const mix = mixOf(shoppers.map(({ history }) => history)).with({ weights });
  const all = repeatsOf(({ history }) => history);
  const ranker = new Ranker({ catalogue, mix, repeatWeight, ...all });
  const repeating =
    repeatWeight === 0
      ? 'Nothing is offered again: repeats did not help on validation items.'
      : `Purchases that are due are offered again when asked for, with weight ${repeatWeight} from validation items.`;
  return { ranker, notes: [...decisions.map((decision) => decision.reason), reason, repeating] };
}
