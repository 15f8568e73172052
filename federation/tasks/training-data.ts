import { contributedLists, eventsBeforeTest, isEvaluated, trainingLists } from '../../recommender/index.js';
import type {
  Catalogue,
  Engine,
  FullList,
  Merchant,
  Shopper,
  StrictList,
  TextIndex,
  TowerThreads,
} from '../../recommender/index.js';

/** How long pieces of work are done; a worker that trains gives these. */
export interface TrainingSeat {
  /** What a tower's passes are spread over. @default none: they are computed where the task runs */
  readonly threads?: TowerThreads | undefined;
  /** Called between passes with the share of the work that is done; what it throws ends the work. */
  readonly onStep?: ((done: number) => void) | undefined;
}

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
  readonly text: TextIndex;
  readonly seat: TrainingSeat;
  readonly #merchant: Merchant;
  #strict: readonly (readonly StrictList[])[] | undefined;
  #full: readonly (FullList | undefined)[] | undefined;

  /** @param merchant opened with `openMerchant` */
  constructor(merchant: Merchant, seat: TrainingSeat = {}) {
    this.#merchant = merchant;
    this.catalogue = merchant.shop.catalogue;
    this.contributors = merchant.split.contributors;
    this.engine = merchant.engine;
    this.text = merchant.text;
    this.seat = seat;
  }

  /**
   * The events that a contributor may contribute: all but the test item. Item indices, oldest first.
   * @param contributor position in `contributors`
   */
  releasedHistory(contributor: number): Int32Array {
    const shopper = this.contributors[contributor];
    return shopper === undefined ? new Int32Array(0) : eventsBeforeTest(shopper);
  }

  /** A contributor's lists of its last events, from text alone, each with its target. */
  strictLists(contributor: number): readonly StrictList[] {
    this.#strict ??= Array.from(contributedLists(this.#merchant));
    return this.#strict[contributor] ?? [];
  }

  /**
   * A contributor's list of its validation item, from the merchant's own mix, which knows training events only; undefined
   * where it has too few events. For contracts without noise only.
   */
  fullList(contributor: number): FullList | undefined {
    this.#full ??= this.#placed(trainingLists(this.#merchant));
    return this.#full[contributor];
  }

  /** Lists of the evaluated contributors, in their order, each at its contributor's place. */
  #placed<L>(lists: Iterable<L>): (L | undefined)[] {
    const remaining = lists[Symbol.iterator]();
    return this.contributors.map((shopper) => {
      const next = isEvaluated(shopper) ? remaining.next() : undefined;
      return next?.done === false ? next.value : undefined;
    });
  }
}
