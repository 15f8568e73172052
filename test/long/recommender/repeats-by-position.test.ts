import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadEngine } from '../../../recommender/engine/index.js';
import { ndcgAt } from '../../../recommender/metrics/index.js';
import { Mix } from '../../../recommender/mix/index.js';
import { Ranker, RepeatModel, validateRepeatWeight } from '../../../recommender/ranker/index.js';
import type { NextBasket, RankRequest, TimedHistory } from '../../../recommender/ranker/index.js';
import { loadTextIndex } from '../../../recommender/text/index.js';
import type { Shop } from '../../../recommender/types.js';
import { readShopFolder } from '../../../simulations/files.js';

const DATA = process.env.GUILDHALL_DATA ?? join(import.meta.dirname, '../../../../shared/data');
const FOLDER = join(DATA, 'amazon', 'pantry');
const CUTOFF = 10;
/** Every twelfth shopper is ranked for: some 1,200. */
const STRIDE = 12;

/** A history of which only the order is known: times are positions. */
function inOrder(history: Int32Array): TimedHistory {
  return { items: history, times: Float64Array.from(history, (_, at) => at) };
}

const cut = (history: Int32Array, fromEnd: number): Int32Array =>
  history.length < 4 ? history : history.subarray(0, history.length - fromEnd);

function partsBefore({ catalogue, shoppers }: Shop, fromEnd: number, mixOf: (histories: Int32Array[]) => Mix) {
  const histories = shoppers.map(({ history }) => cut(history, fromEnd));
  const repeats = RepeatModel.fit(histories.map(inOrder), catalogue);
  return { catalogue, mix: mixOf(histories), ...(repeats === undefined ? {} : { repeats }) };
}

/** The event that stands `fromEnd` from the end as a basket of one item. */
function nextEvents({ shoppers }: Shop, fromEnd: number): NextBasket[] {
  return shoppers
    .filter(({ history }) => history.length >= 4)
    .map(({ history }) => {
      const before = cut(history, fromEnd);
      return { ...inOrder(before), now: before.length, target: [history.at(-fromEnd) ?? 0] };
    });
}

if (existsSync(FOLDER)) {
  describe('repeat purchases in a shop that knows their order only', function () {
    this.timeout(600_000);

    it('are offered with a weight from validation items, and more of the test items are found than without', async () => {
      const { shop } = await readShopFolder(FOLDER);
      const engine = await loadEngine();
      const text = loadTextIndex(shop.catalogue, engine);
      const mixOf = (histories: Int32Array[]): Mix => Mix.build({ engine, text, histories });
      const repeatWeight = validateRepeatWeight(partsBefore(shop, 2, mixOf), nextEvents(shop, 2));
      const ranker = new Ranker({ ...partsBefore(shop, 1, mixOf), repeatWeight });
      const tests = nextEvents(shop, 1).filter((_, at) => at % STRIDE === 0);
      const mean = (repeats: NonNullable<RankRequest['repeats']>): number => {
        const found = tests.map(({ items, times, now, target }) => {
          const list = ranker.rank({ history: items, times, now, repeats, count: CUTOFF });
          return ndcgAt(
            list.map(({ item }) => (target.includes(item) ? 1 : 0)),
            [1],
            CUTOFF,
          );
        });
        return found.reduce((sum, one) => sum + one, 0) / found.length;
      };
      const figures = { repeatWeight, due: mean('when-due'), never: mean('never') };
      expect(repeatWeight).to.be.greaterThan(0);
      expect(figures.due, JSON.stringify(figures)).to.be.greaterThan(1.2 * figures.never);
    });
  });
}
