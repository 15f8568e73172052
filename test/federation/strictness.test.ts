import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { streamRandom } from '../../crypto/index.js';
import { compileTerms, decodeModel, planJobs, taskOf, TrainingData } from '../../federation/index.js';
import type { JobKind, ModelKind, PlannedJob } from '../../federation/index.js';
import {
  fullLists,
  loadEngine,
  loadTextIndex,
  Mix,
  openMerchant,
  textNeighbourPairs,
} from '../../recommender/index.js';
import type { Engine, Shopper, TextIndex } from '../../recommender/index.js';
import { smallCatalogue, smallShop } from '../recommender/support/shop.js';

const SECRET = Buffer.alloc(16, 5);
const catalogue = smallCatalogue();

describe('a shopper’s contribution to a release depends on that shopper alone', () => {
  let engine: Engine;
  let text: TextIndex;
  before(async () => {
    engine = await loadEngine();
    text = loadTextIndex(catalogue, engine);
  });

  /** The same shop with one contributor, and nobody else, having bought other things. */
  function twoShops(): { readonly one: TrainingData; readonly other: TrainingData; readonly changed: number } {
    const { shoppers } = smallShop('strict', 60);
    const opened = (chosen: readonly Shopper[]) =>
      new TrainingData(openMerchant({ engine, text, shop: { catalogue, shoppers: chosen }, gateSecret: SECRET }));
    const one = opened(shoppers);
    const changed = one.contributors.findIndex(
      ({ history }, shopper) => history.length >= 6 && one.strictLists(shopper).length > 0,
    );
    const others = shoppers.map((shopper) =>
      shopper === one.contributors[changed]
        ? { ...shopper, history: shopper.history.map((item) => (item + 71) % 144) }
        : shopper,
    );
    return { one, other: opened(others), changed };
  }

  const planned = (kind: JobKind, features: 'strict' | 'random'): PlannedJob[] =>
    planJobs({
      jobs: [kind],
      features,
      privacy: { epsilon: 4, delta: 1e-6 },
      roster: { minimumMerchants: 8, colluders: 2, minimumSurvivors: 6, maximumMerchants: 8 },
      expectedShoppers: 60,
      catalogues: [{ name: 'art', itemIds: catalogue.items.map(({ id }) => id), support: textNeighbourPairs(text, 5) }],
    });

  /** Contributions of one shopper at a time, each with the same coins, by their hashes; `nothing` where all is 0. */
  async function contributions({ template }: PlannedJob, model: ModelKind, data: TrainingData): Promise<string[]> {
    const terms = compileTerms({ ...template, federation: 'f', round: 1, step: 1, modelSha256: Buffer.alloc(32) });
    const each: string[] = [];
    for (let shopper = 0; shopper < data.contributors.length; shopper += 1) {
      const random = streamRandom(Buffer.alloc(32, 1));
      const sampled = Uint32Array.of(shopper);
      const hash = createHash('sha256');
      let isNothing = true;
      for await (const part of taskOf(terms).contribute({ terms, model, data, sampled, random })) {
        const values = 'cells' in part ? Float64Array.of(...part.cells, ...part.units) : valuesOf(part);
        hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
        isNothing &&= values.every((value) => value === 0);
      }
      each.push(isNothing ? 'nothing' : hash.digest('hex'));
    }
    return each;
  }

  /** Of a dense contribution; the tasks at hand give no others. */
  function valuesOf(part: object): Float32Array | Float64Array {
    if ('values' in part && (part.values instanceof Float32Array || part.values instanceof Float64Array))
      return part.values;
    throw new TypeError('the contribution has no values');
  }

  const differing = (one: readonly string[], other: readonly string[]): number[] =>
    one.flatMap((value, shopper) => (value === other[shopper] ? [] : [shopper]));

  /** The model as an earlier round left it. */
  function trained(model: ModelKind): ModelKind {
    if (model.$case !== 'linearReranker') return model;
    const weights = model.value.weights.map((_, index) => Math.sin(index) / 10);
    return { ...model, value: { ...model.value, weights } };
  }

  const JOBS: readonly (readonly [JobKind, 'strict' | 'random'])[] = [
    ['reranker', 'strict'],
    ['reranker', 'random'],
    ['mlp', 'strict'],
    ['counts', 'strict'],
  ];
  for (const [kind, features] of JOBS) {
    it(`in ${kind} jobs over ${features} features, also at the weights of an earlier round`, async () => {
      const { one, other, changed } = twoShops();
      const [job] = planned(kind, features);
      if (job === undefined) throw new TypeError('the plan is empty');
      for (const model of [decodeModel(job.model), trained(decodeModel(job.model))]) {
        const before = await contributions(job, model, one);
        expect(differing(before, await contributions(job, model, other))).to.deep.equal([changed]);
        // What was compared is not nothing.
        expect(before.filter((value) => value !== 'nothing').length).to.be.above(5);
      }
    });
  }

  it('which lists with own evidence do not: the control changes many shoppers’ lists at once', () => {
    const { one, other, changed } = twoShops();
    const features = [one, other].map((data) => {
      const mix = Mix.build({ engine, text, histories: data.contributors.map(({ history }) => history.slice(0, -2)) });
      const cases = one.contributors.map(({ history }) => ({ history: history.slice(0, -2), target: -1 }));
      const attributes = openMerchant({
        engine,
        text,
        shop: { catalogue, shoppers: [] },
        gateSecret: SECRET,
      }).attributes;
      return Array.from(fullLists(mix, attributes, cases), (list) => JSON.stringify(Array.from(list.features)));
    });
    const [left = [], right = []] = features;
    expect(differing(left, right).filter((shopper) => shopper !== changed).length).to.be.above(5);
  });
});
