import { expect } from 'chai';
import { evaluationReport, summariseMerchants } from '../../cli/evaluate-report.js';
import type { ReportedShop } from '../../cli/evaluate-report.js';
import { evaluate } from '../../recommender/evaluate/index.js';
import { loadEngine } from '../../recommender/engine/index.js';
import { seeded } from '../recommender/support/coins.js';
import { smallShop } from '../recommender/support/shop.js';

async function reported(name: string, shoppers: number): Promise<ReportedShop> {
  const shop = smallShop(name, shoppers);
  const evaluation = await evaluate(shop, ['popularity', 'markov'], {
    engine: await loadEngine(),
    random: seeded('r'),
  });
  const data = { items: 144, shoppers, events: 0, evaluated: evaluation.shoppers };
  return { name, data, evaluation, notes: [`<b>${name}</b> & more`] };
}

describe('the quality and fairness report', () => {
  it('is one page that loads nothing, with captions, row headings, and text kept as text', async () => {
    const page = evaluationReport([await reported('', 60)]);
    expect(page).to.match(/^<!doctype html>\n<html lang="en">/);
    expect(page).to.not.match(/<script|<link|src=|href=|url\(|@import/);
    expect(page.match(/<table>/g)?.length).to.equal(page.match(/<caption>/g)?.length);
    expect(page).to.include('<th scope="row">markov</th>');
    expect(page).to.include('&lt;b&gt;&lt;/b&gt; &amp; more');
    expect(page.match(/<svg aria-hidden="true"/g)?.length, 'bars repeat numbers').to.equal(2);
  });

  it('has a table of the tower’s smaller forms where they were measured', async () => {
    const { evaluation, ...shop } = await reported('', 60);
    const form = {
      tower: 'distilled',
      precision: 'int8',
      ...{ parameters: 30_018, modelBytes: 33_000, itemBytes: 7_000_000 },
      ...{ hr10: 0.07, ndcg10: 0.04, change: { mean: 0, low: -0.001, high: 0.001 } },
      latency: { p50: 1.5, p95: 2, rankings: 50 },
    } as const;
    const page = evaluationReport([{ ...shop, evaluation: { ...evaluation, compression: [form] } }]);
    expect(page).to.include('<th scope="row">distilled, int8</th>').and.include('<td>33.0 kB</td>');
    expect(evaluationReport([{ ...shop, evaluation }])).to.not.include('smaller forms');
  });

  it('names the worst merchant, and sets small ones against large ones', async () => {
    const shops = [await reported('large', 120), await reported('small', 30)];
    const [popularity] = summariseMerchants(shops);
    const figures = shops.map(({ evaluation }) => evaluation.models[0]?.ndcg10 ?? NaN);
    expect(popularity?.worst.ndcg10).to.equal(Math.min(...figures));
    expect(popularity).to.include({ larger: figures[0], smaller: figures[1], merchants: 2 });
    expect(evaluationReport(shops)).to.include('<h2>large</h2>').and.include('worst merchant');
    expect(summariseMerchants(shops.slice(0, 1))).to.deep.equal([]);
  });
});
