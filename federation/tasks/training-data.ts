import {
  eventsBeforeTest,
  fullLists,
  isEvaluated,
  Mix,
  strictLists,
  trainingEvents,
  validationCase,
} from '../../recommender/index.js';
import type { Catalogue, Engine, FullList, ListCase, Merchant, Shopper, StrictList } from '../../recommender/index.js';

/**
 * One merchant's contributing shoppers as tasks read them; the gate's shoppers never appear here. What is computed for
 * all rounds alike is computed once.
 *
 * A shopper's test item is kept out of everything that is released, so that the merchant can measure what it gained on
 * events that no release has seen (recommender/merchant/conventions).
 */
export class TrainingData {
  readonly catalogue: Catalogue;
  readonly contributors: readonly Shopper[];
  readonly engine: Engine;
  readonly #merchant: Merchant;
  #strict: readonly (StrictList | undefined)[] | undefined;
  #full: readonly (FullList | undefined)[] | undefined;

  /** @param merchant opened with `openMerchant` */
  constructor(merchant: Merchant) {
    this.#merchant = merchant;
    this.catalogue = merchant.shop.catalogue;
    this.contributors = merchant.split.contributors;
    this.engine = merchant.engine;
  }

  /**
   * The events that a contributor may contribute: all but the test item. Item indices, oldest first.
   * @param contributor position in `contributors`
   */
  releasedHistory(contributor: number): Int32Array {
    const shopper = this.contributors[contributor];
    return shopper === undefined ? new Int32Array(0) : eventsBeforeTest(shopper);
  }

  /** A contributor's list of its validation item, from text alone; undefined where it has too few events. */
  strictList(contributor: number): StrictList | undefined {
    const { engine, text, attributes } = this.#merchant;
    this.#strict ??= this.#lists((cases) => strictLists(engine, text, attributes, cases));
    return this.#strict[contributor];
  }

  /** The same from the merchant's own mix, which knows training events only. For contracts without noise only. */
  fullList(contributor: number): FullList | undefined {
    const { engine, text, attributes, shop } = this.#merchant;
    this.#full ??= this.#lists((cases) => {
      const mix = Mix.build({ engine, text, histories: shop.shoppers.map(trainingEvents) });
      return fullLists(mix, attributes, cases);
    });
    return this.#full[contributor];
  }

  /** One list for every contributor who has a validation item, at the contributor's place. */
  #lists<L>(make: (cases: readonly ListCase[]) => Iterable<L>): (L | undefined)[] {
    const lists: (L | undefined)[] = this.contributors.map(() => undefined);
    const places = [...this.contributors.entries()].filter(([, shopper]) => isEvaluated(shopper));
    let next = 0;
    for (const list of make(places.map(([, shopper]) => validationCase(shopper)))) {
      const [place = 0] = places[next] ?? [];
      lists[place] = list;
      next += 1;
    }
    return lists;
  }
}
