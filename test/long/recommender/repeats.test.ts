import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { expect } from 'chai';
import { parse } from 'csv-parse';
import { loadEngine } from '../../../recommender/engine/index.js';
import { ndcgAt } from '../../../recommender/metrics/index.js';
import { Mix } from '../../../recommender/mix/index.js';
import { Ranker, RepeatModel, validateRepeatWeight } from '../../../recommender/ranker/index.js';
import type { NextBasket, RankRequest, TimedHistory } from '../../../recommender/ranker/index.js';
import { loadTextIndex } from '../../../recommender/text/index.js';
import type { Catalogue, Item } from '../../../recommender/types.js';

const DATA = process.env.GUILDHALL_DATA ?? join(import.meta.dirname, '../../../../shared/data');
const FILE = join(DATA, 'online-retail', 'online-retail.csv.gz');
const DAY_MS = 86_400_000;

/** A customer's purchases of one day. */
interface Basket {
  readonly day: number;
  readonly items: Set<number>;
}

async function readRetail(): Promise<{ catalogue: Catalogue; customers: Basket[][] }> {
  const items: Item[] = [];
  const indexOf = new Map<string, number>();
  const customers = new Map<string, Map<number, Basket>>();
  const rows = createReadStream(FILE)
    .pipe(createGunzip())
    .pipe(parse({ columns: true }));
  for await (const row of rows as AsyncIterable<Record<string, string>>) {
    const { InvoiceNo = '', StockCode = '', Description = '', InvoiceDate = '', CustomerID = '' } = row;
    if (CustomerID === '' || Description === '' || InvoiceNo.startsWith('C')) continue;
    let item = indexOf.get(StockCode);
    if (item === undefined) {
      item = items.push({ id: StockCode, title: Description, brand: '', category: '' }) - 1;
      indexOf.set(StockCode, item);
    }
    const day = Date.parse(InvoiceDate.slice(0, 10)) / DAY_MS;
    const baskets = customers.get(CustomerID) ?? new Map<number, Basket>();
    customers.set(CustomerID, baskets);
    const basket = baskets.get(day) ?? { day, items: new Set() };
    baskets.set(day, basket);
    basket.items.add(item);
  }
  const ordered = Array.from(customers.values(), (own) => [...own.values()].sort((a, b) => a.day - b.day));
  return { catalogue: { items, indexOf }, customers: ordered };
}

function timed(baskets: readonly Basket[]): TimedHistory {
  return {
    items: Int32Array.from(baskets.flatMap(({ items }) => [...items])),
    times: Float64Array.from(baskets.flatMap(({ day, items }) => Array.from(items, () => day))),
  };
}

/** The basket that stands `fromEnd` baskets from the end, after all earlier ones; customers with four baskets. */
function nextBaskets(customers: readonly Basket[][], fromEnd: number): NextBasket[] {
  return customers
    .filter(({ length }) => length >= 4)
    .map((baskets) => {
      const next = baskets.at(-fromEnd);
      return { ...timed(baskets.slice(0, -fromEnd)), now: next?.day ?? 0, target: [...(next?.items ?? [])] };
    });
}

const learning = (customers: readonly Basket[][], fromEnd: number): TimedHistory[] =>
  customers.map((baskets) => timed(baskets.length >= 4 ? baskets.slice(0, -fromEnd) : baskets));

if (existsSync(FILE)) {
  describe('repeat purchases in a real shop', function () {
    this.timeout(600_000);

    it('are offered when due, which finds more of the next basket than new items or the most frequent ones', async () => {
      const { catalogue, customers } = await readRetail();
      const engine = await loadEngine();
      const text = loadTextIndex(catalogue, engine);
      const parts = (histories: readonly TimedHistory[]) => {
        const repeats = RepeatModel.fit(histories, catalogue);
        const mix = Mix.build({ engine, text, histories: histories.map(({ items }) => items) });
        return { catalogue, mix, ...(repeats === undefined ? {} : { repeats }) };
      };
      const repeatWeight = validateRepeatWeight(parts(learning(customers, 2)), nextBaskets(customers, 2));
      const ranker = new Ranker({ ...parts(learning(customers, 1)), repeatWeight });
      const tests = nextBaskets(customers, 1);
      const mean = (list: (basket: NextBasket) => number[]): number =>
        tests.reduce((sum, basket) => sum + ndcgOf(list(basket), basket.target), 0) / tests.length;
      const ranked = (repeats: NonNullable<RankRequest['repeats']>) => (basket: NextBasket) =>
        ranker.rank({ history: basket.items, times: basket.times, now: basket.now, repeats }).map(({ item }) => item);
      const figures = {
        repeatWeight,
        due: mean(ranked('when-due')),
        never: mean(ranked('never')),
        often: mean(mostOften),
      };
      expect(repeatWeight).to.be.greaterThan(0);
      expect(figures.due, JSON.stringify(figures)).to.be.greaterThan(figures.never);
      expect(figures.due, JSON.stringify(figures)).to.be.greaterThan(figures.often);
    });
  });
}

function mostOften({ items }: TimedHistory): number[] {
  const counts = new Map<number, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 10)
    .map(([item]) => item);
}

function ndcgOf(list: readonly number[], target: readonly number[]): number {
  const wanted = new Set(target);
  return ndcgAt(
    list.map((item) => (wanted.has(item) ? 1 : 0)),
    target.map(() => 1),
    10,
  );
}
