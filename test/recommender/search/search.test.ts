import { expect } from 'chai';
import { loadEngine, transposeItems } from '../../../recommender/engine/index.js';
import { AnswerIndex, Bm25Index, CatalogueSearch, searchTerms } from '../../../recommender/search/index.js';
import type { AnsweredQuestion } from '../../../recommender/search/index.js';
import { hash512, loadTextIndex } from '../../../recommender/text/index.js';
import type { TextIndex } from '../../../recommender/text/index.js';
import type { Catalogue, Item } from '../../../recommender/types.js';
import { seeded } from '../support/coins.js';
import { smallCatalogue } from '../support/shop.js';

function catalogueOf(titles: readonly string[]): Catalogue {
  const items = titles.map((title, index): Item => ({ id: String(index), title, brand: '', category: '' }));
  return { items, indexOf: new Map(items.map(({ id }, index) => [id, index])) };
}

async function searchOver(titles: readonly string[]): Promise<CatalogueSearch> {
  const catalogue = catalogueOf(titles);
  return new CatalogueSearch(catalogue, loadTextIndex(catalogue, await loadEngine()));
}

/** An index of texts without neighbours, which search does not need. */
function textOnly(items: readonly Item[]): TextIndex {
  const vectors = hash512.encode(items);
  const neighbours = { count: 0, indices: new Int32Array(), similarities: new Float32Array() };
  const { name: encoder, dimensions } = hash512;
  const transposed = transposeItems(vectors, dimensions);
  const hubness = new Float32Array(items.length);
  return { digest: '', encoder, items: items.length, dimensions, vectors, transposed, neighbours, hubness };
}

describe('search terms', () => {
  it('are words, and characters with their pairs where a script has no spaces', () => {
    expect(searchTerms('Red-Soap 洗面奶')).to.deep.equal(['red', 'soap', '洗', '面', '奶', '洗面', '面奶']);
  });

  it('unify compatibility forms', () => {
    expect(searchTerms('ＳＰＦ３０')).to.deep.equal(['spf30']);
  });
});

describe('BM25', () => {
  const index = new Bm25Index(['red soap', 'red red towel with a long description of nothing', 'comb']);

  it('matches a worked example', () => {
    // N = 3, two documents have "soap"-less lengths 2, 9, 1: mean 4; idf(soap) = ln(1 + 2.5 / 1.5).
    const norm = 1.2 * (1 - 0.75 + (0.75 * 2) / 4);
    expect(index.search('soap').get(0)).to.be.closeTo((Math.log(1 + 2.5 / 1.5) * 2.2) / (1 + norm), 1e-12);
  });

  it('prefers rare terms and short documents, and finds nothing for unknown words', () => {
    const scores = index.search('red soap');
    expect(scores.get(0)).to.be.greaterThan(scores.get(1) ?? 0);
    expect(scores.has(2)).to.equal(false);
    expect(index.search('xylophone').size).to.equal(0);
  });
});

describe('search over a catalogue', () => {
  it('finds Chinese products by what a shopper would type', async () => {
    const titles = [
      '氨基酸洗面奶 温和清洁 敏感肌适用',
      '无硅油洗发水 控油去屑 500毫升',
      '儿童牙刷 软毛 三支装',
      '防晒霜 SPF50 户外 防水',
      '纯棉毛巾 吸水 加厚',
      '保湿面霜 补水 秋冬',
    ];
    const search = await searchOver(titles);
    const first = (query: string): string => titles[search.search(query, 1)[0]?.document ?? -1] ?? '';
    expect(first('敏感皮肤用的洗面奶')).to.equal(titles[0]);
    expect(first('去屑洗发水哪个好')).to.equal(titles[1]);
    expect(first('给孩子买的软毛牙刷')).to.equal(titles[2]);
    expect(first('户外防晒spf50')).to.equal(titles[3]);
    expect(first('吸水的毛巾')).to.equal(titles[4]);
  });

  it('finds other forms of a word and misspellings, which words alone do not', async () => {
    const titles = ['moisturizing cream', 'wooden hairbrush', 'electric toothbrush', 'bath towel'];
    const search = await searchOver(titles);
    const first = (query: string): number => search.search(query, 1)[0]?.document ?? -1;
    const words = new Bm25Index(titles);
    for (const [query, wanted] of [
      ['moisturiser', 0],
      ['hair brushes', 1],
      ['tothbrush', 2],
      ['towels', 3],
    ] as const) {
      expect(first(query), query).to.equal(wanted);
      expect(words.search(query).size, `${query}, words alone`).to.equal(0);
    }
  });

  it('finds every invented item by three words of its own, in nine of ten cases first', async () => {
    const catalogue = smallCatalogue();
    const search = new CatalogueSearch(catalogue, loadTextIndex(catalogue, await loadEngine()));
    let reciprocal = 0;
    catalogue.items.forEach(({ title }, item) => {
      const rank = search.search(title, 10).findIndex(({ document }) => document === item);
      reciprocal += rank < 0 ? 0 : 1 / (rank + 1);
    });
    expect(reciprocal / catalogue.items.length).to.be.greaterThan(0.9);
  });

  it('finds nine in ten of the ten best through an index, in a few of its lists', async () => {
    const { items } = smallCatalogue();
    const many = Array.from({ length: 3000 }, (_, at) => {
      const { title = '', category = '' } = items[at % items.length] ?? {};
      return { id: String(at), title: `${title} model ${(at * 7919) % 3001}`, brand: '', category };
    });
    const catalogue = { items: many, indexOf: new Map(many.map(({ id }, index) => [id, index])) };
    const text = textOnly(many);
    const engine = await loadEngine();
    const exact = new CatalogueSearch(catalogue, text);
    const index = { engine, random: seeded('search'), lookup: 'index' } as const;
    const indexed = new CatalogueSearch(catalogue, text, { index });
    const recall = (find: (search: CatalogueSearch) => { readonly document: number }[]): number => {
      const wanted = find(exact).map(({ document }) => document);
      const found = new Set(find(indexed).map(({ document }) => document));
      return wanted.filter((document) => found.has(document)).length / wanted.length;
    };
    const queries = ['red brsh 17', 'combs large', 'soap model 99', 'gold cream', 'towels white'];
    const searches = queries.map((query) => recall((search) => search.search(query, 10)));
    const places = many.slice(0, 20).map((item) => recall((search) => search.placeNewItem(item, 10)));
    const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
    expect(mean(searches)).to.be.at.least(0.9);
    expect(mean(places)).to.be.at.least(0.9);
  });

  it('compares small catalogues with everything, whatever is asked for automatically', async () => {
    const titles = ['red soap', 'blue soap', 'comb'];
    const catalogue = catalogueOf(titles);
    const text = loadTextIndex(catalogue, await loadEngine());
    const index = { engine: await loadEngine(), random: { bytes: () => expect.fail('no index is built') } };
    const search = new CatalogueSearch(catalogue, text, { index });
    expect(search.search('soap', 3)).to.deep.equal(new CatalogueSearch(catalogue, text).search('soap', 3));
  });

  it('finds nothing for nothing', async () => {
    expect((await searchOver(['soap', 'comb'])).search('', 5)).to.deep.equal([]);
  });

  it('places a new item among its like from text alone, as if it had been in the catalogue', async () => {
    const catalogue = smallCatalogue();
    const search = new CatalogueSearch(catalogue, loadTextIndex(catalogue, await loadEngine()));
    const item: Item = { id: 'new', title: 'red razor number 99', brand: 'brand1', category: 'Care Body razor Small' };
    const places = search.placeNewItem(item, 10);
    for (const { document } of places) expect(catalogue.items[document]?.id).to.match(/^razor-/);
    const known = catalogue.items[40];
    if (known === undefined) throw new Error('the catalogue has 144 items');
    const vectors = hash512.encode(catalogue.items);
    const again = hash512.fit(catalogue.items).item(known);
    again.forEach((value, at) => expect(value).to.be.closeTo(vectors[40 * 512 + at] ?? NaN, 1e-5));
  });
});

describe('answers', () => {
  const pairs: readonly AnsweredQuestion[] = [
    { question: 'How long does delivery take?', answer: 'Parcels arrive within three working days.' },
    { question: 'Can I return a product that I opened?', answer: 'Opened products can be returned within 14 days.' },
    { question: 'Which payment methods are there?', answer: 'Cards, bank transfer and invoice.' },
    { question: 'How do I change my password?', answer: 'In your account, under security.' },
    { question: '多久可以收到货？', answer: '一般三个工作日内送达。' },
    { question: '拆封后还能退货吗？', answer: '十四天内可以退货。' },
    { question: '可以开发票吗？', answer: '下单时可以选择电子发票。' },
  ];
  const asked: readonly (readonly [question: string, wanted: number])[] = [
    ['When will my parcel be delivered?', 0],
    ['I opened the box, may I still return it?', 1],
    ['Can I pay by card or on invoice?', 2],
    ['I forgot my password and want a new one', 3],
    ['请问几天能收到？', 4],
    ['已经拆开了可以退吗', 5],
    ['能不能给我开一张发票', 6],
  ];

  it('are found for questions in other words, in English and Chinese', () => {
    const index = new AnswerIndex(pairs);
    const ranks = asked.map(([question, wanted]) =>
      index.find(question, 5).findIndex(({ index: at }) => at === wanted),
    );
    const meanReciprocalRank = ranks.reduce((sum, rank) => sum + (rank < 0 ? 0 : 1 / (rank + 1)), 0) / asked.length;
    expect(meanReciprocalRank, 'a random order has .37').to.be.at.least(0.8);
  });

  it('come with question, answer and a falling relevance', () => {
    const found = new AnswerIndex(pairs).find('delivery', 3);
    expect(found[0]).to.include(pairs[0]);
    found.forEach(({ relevance }, at) => expect(relevance).to.be.at.most(found[at - 1]?.relevance ?? 1));
  });
});
