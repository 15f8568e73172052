import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readShop } from '../../../recommender/data/index.js';
import { loadEngine } from '../../../recommender/engine/index.js';
import { evaluate, isEvaluatedModelName } from '../../../recommender/evaluate/index.js';
import { seeded } from '../../recommender/support/coins.js';
import type { EvaluatedModelName } from '../../../recommender/evaluate/index.js';

const DATA = join(process.env.GUILDHALL_DATA ?? join(import.meta.dirname, '../../../../shared/data'), 'amazon');
const TOLERANCE = 0.0005;

type Figures = Readonly<Partial<Record<EvaluatedModelName, readonly [hr10: number, ndcg10: number]>>>;

/** HR@10 and NDCG@10 by full ranking, leave-one-out, all shoppers of a catalogue in one place. */
const HURDLES: Readonly<Record<string, Figures>> = {
  beauty: {
    popularity: [0.0141, 0.0063],
    'item-knn': [0.0643, 0.0376],
    markov: [0.0731, 0.0494],
    'markov-co-occurrence': [0.0863, 0.057],
    ease: [0.0781, 0.0434],
  },
  sports: {
    popularity: [0.0091, 0.0052],
    'text-knn': [0.0357, 0.0205],
    'item-knn': [0.0394, 0.023],
    markov: [0.039, 0.0252],
    'markov-co-occurrence': [0.0498, 0.0313],
  },
  toys: {
    popularity: [0.009, 0.0052],
    'text-knn': [0.0874, 0.0508],
    'item-knn': [0.0777, 0.0463],
    markov: [0.0805, 0.0547],
    'markov-co-occurrence': [0.101, 0.0679],
  },
  pantry: {
    popularity: [0.0142, 0.0068],
    'item-knn': [0.06, 0.0351],
    'markov-co-occurrence': [0.0908, 0.0679],
    ease: [0.0643, 0.0366],
  },
};

/** Where the encoder does better than the hurdle was measured with, it must not fall below it. */
const TEXT_FLOORS: Readonly<Record<string, readonly [hr10: number, ndcg10: number]>> = {
  beauty: [0.0633, 0.0395],
  pantry: [0.0865, 0.0631],
};

/** What the best counting model reaches, which the ranker has to beat. */
const RANKER_FLOORS: typeof TEXT_FLOORS = {
  beauty: [0.0863, 0.057],
  sports: [0.0498, 0.0313],
  toys: [0.101, 0.0679],
  pantry: [0.0908, 0.0679],
};

const options = async () => ({ engine: await loadEngine(), random: seeded('hurdles') });

if (existsSync(DATA)) {
  const shopOf = async (name: string) => {
    const file = (kind: string) => {
      const path = join(DATA, name, `${kind}.csv.gz`);
      return { name: path, bytes: createReadStream(path) };
    };
    const { shop } = await readShop({ items: file('items'), events: file('events'), key: new Uint8Array(32) });
    return shop;
  };

  describe('the hurdles on real purchases', () => {
    for (const [name, [hr, ndcg]] of Object.entries(TEXT_FLOORS)) {
      it(`are passed by text neighbours on ${name}`, async () => {
        const { models } = await evaluate(await shopOf(name), ['text-knn'], await options());
        expect(models[0]?.hr10).to.be.at.least(hr);
        expect(models[0]?.ndcg10).to.be.at.least(ndcg);
      });
    }

    for (const [name, [hr, ndcg]] of Object.entries(RANKER_FLOORS)) {
      it(`are passed by the merchant's own ranker on ${name}`, async () => {
        const { models } = await evaluate(await shopOf(name), ['ranker'], await options());
        expect(models[0]?.hr10).to.be.at.least(hr);
        expect(models[0]?.ndcg10).to.be.at.least(ndcg);
      });
    }

    for (const [name, figures] of Object.entries(HURDLES)) {
      it(`are met on ${name}`, async () => {
        const models = Object.keys(figures).filter(isEvaluatedModelName);
        const found = await evaluate(await shopOf(name), models, await options());
        for (const { model, hr10, ndcg10 } of found.models) {
          const [hr, ndcg] = figures[model] ?? [Number.NaN, Number.NaN];
          expect(hr10, `${model} HR@10`).to.be.closeTo(hr, TOLERANCE);
          expect(ndcg10, `${model} NDCG@10`).to.be.closeTo(ndcg, TOLERANCE);
        }
      });
    }
  });
}
