import { fullLists, Mix, pairAttributes, strictLists } from '../../recommender/index.js';
import type { Catalogue, Engine, FullList, ListCase, Shopper, StrictList, TextIndex } from '../../recommender/index.js';

/** What a {@link TrainingData} is made of. */
export interface TrainingDataParts {
  readonly catalogue: Catalogue;
  readonly text: TextIndex;
  readonly engine: Engine;
  /** Those who may contribute: everybody but the gate's shoppers. */
  readonly contributors: readonly Shopper[];
}

/**
 * One merchant's contributing shoppers as tasks read them.
 *
 * A shopper's last event is kept out of everything that is released, so that the merchant can measure what it gained on
 * events that no release has seen. Of the events before it, the re-ranker's list has the last one as its target.
 */
export class TrainingData {
  readonly catalogue: Catalogue;
  readonly contributors: readonly Shopper[];
  readonly engine: Engine;
  readonly #text: TextIndex;
  #strict: readonly (StrictList | undefined)[] | undefined;
  #full: readonly (FullList | undefined)[] | undefined;

  constructor(parts: TrainingDataParts) {
    this.catalogue = parts.catalogue;
    this.contributors = parts.contributors;
    this.engine = parts.engine;
    this.#text = parts.text;
  }

  /**
   * The events that a contributor may contribute: all but the last. Item indices, oldest first.
   * @param contributor position in `contributors`
   */
  releasedHistory(contributor: number): Int32Array {
    return this.contributors[contributor]?.history.slice(0, -1) ?? new Int32Array(0);
  }

  /** A contributor's strict list; undefined where it has fewer than three events. Computed once for all. */
  strictList(contributor: number): StrictList | undefined {
    this.#strict ??= this.#lists((cases) =>
      strictLists(this.engine, this.#text, pairAttributes(this.catalogue), cases),
    );
    return this.#strict[contributor];
  }

  /** The same over the merchant's own mix, whose evidence ends before the targets. For contracts without noise only. */
  fullList(contributor: number): FullList | undefined {
    this.#full ??= this.#lists((cases) => {
      const histories = cases.map(({ history }) => history);
      const mix = Mix.build({ engine: this.engine, text: this.#text, histories });
      return fullLists(mix, pairAttributes(this.catalogue), cases);
    });
    return this.#full[contributor];
  }

  #lists<L>(make: (cases: readonly ListCase[]) => Iterable<L>): (L | undefined)[] {
    const cases: ListCase[] = [];
    const places: number[] = [];
    for (let contributor = 0; contributor < this.contributors.length; contributor++) {
      const history = this.releasedHistory(contributor);
      const target = history.at(-1);
      if (target === undefined || history.length < 2) continue;
      cases.push({ history: history.slice(0, -1), target });
      places.push(contributor);
    }
    const lists: (L | undefined)[] = Array.from({ length: this.contributors.length }, () => undefined);
    let next = 0;
    for (const list of make(cases)) {
      lists[places[next] ?? 0] = list;
      next += 1;
    }
    return lists;
  }
}
