import { BASELINE_NAMES, BASELINES } from '../baselines/index.js';
import type { BaselineName, CountingScorer } from '../baselines/index.js';
import { similarityBlocks, transposeItems } from '../engine/index.js';
import type { Engine, SimilarityBlock, TransposedItems } from '../engine/index.js';
import { Mix } from '../mix/index.js';
import { validateWeights } from '../ranker/index.js';
import { loadTextIndex } from '../text/index.js';
import type { TextIndex } from '../text/index.js';
import { TowerScorer } from '../tower/index.js';
import type { TowerModel } from '../tower/index.js';
import type { FitContext } from './context.js';
import { fittedTower } from './tower.js';

/** Scores of the whole catalogue for one of some histories; valid until the next is asked for. */
export interface ScoredHistory {
  /** Index of the history. */
  readonly index: number;
  readonly scores: Float32Array;
}

/** A model that has learnt from a shop. */
export interface FittedModel {
  /** Scores every history once, in whatever order is cheapest. */
  score(histories: readonly Int32Array[]): Iterable<ScoredHistory>;
  /** What is worth knowing about the fit, in sentences. */
  readonly notes: readonly string[];
}

/** A model that can be evaluated. */
export interface EvaluatedModel {
  /** One sentence for help texts. */
  readonly description: string;
  /** @throws GuildhallError where the model cannot be had for this shop */
  fit(context: FitContext): FittedModel | Promise<FittedModel>;
}

const ranker: EvaluatedModel = {
  description: "The merchant's own ranker, alone: text, own counts and popularity, weights validated; no repeats.",
  fit({ data, engine, text }) {
    const index = text();
    const learnt = Mix.build({ engine, text: index, histories: data.validation.training });
    const { weights, reason } = validateWeights(learnt, data.validation.tasks);
    const mix = Mix.build({ engine, text: index, histories: data.test.training, weights });
    return { score: (histories) => scoredByMix(mix, histories), notes: [reason] };
  },
};

const tower: EvaluatedModel = {
  description: 'The text tower trained on this shop alone, epochs chosen on validation items; the scores are its own.',
  fit: ({ engine, text, tower: fitted }) => towerOf(engine, fitted(), text()),
};

function towerOf(engine: Engine, model: TowerModel, texts: TextIndex): FittedModel {
  return {
    notes: ['The tower was trained on this shop alone; the gate, not this figure, decides about a released one.'],
    *score(histories) {
      const scorer = new TowerScorer(engine, model, texts);
      try {
        for (const block of scorer.blocks(histories)) yield* rowsOf(block, texts.items);
      } finally {
        scorer.dispose();
      }
    },
  };
}

/** Every model that can be evaluated, by its name, in the order of help texts. */
export const EVALUATED_MODELS: Readonly<Record<EvaluatedModelName, EvaluatedModel>> = {
  popularity: baseline('popularity'),
  'text-knn': baseline('text-knn'),
  'item-knn': baseline('item-knn'),
  'co-occurrence': baseline('co-occurrence'),
  markov: baseline('markov'),
  'markov-co-occurrence': baseline('markov-co-occurrence'),
  ease: baseline('ease'),
  ranker,
  tower,
};

/** The name of a model that can be evaluated. */
export type EvaluatedModelName = BaselineName | 'ranker' | 'tower';

/** All names, in the order of help texts. */
export const EVALUATED_MODEL_NAMES: readonly EvaluatedModelName[] = [...BASELINE_NAMES, 'ranker', 'tower'];

/** Narrows any string, from a command line say, to a model's name. */
export function isEvaluatedModelName(name: string): name is EvaluatedModelName {
  return Object.hasOwn(EVALUATED_MODELS, name);
}

/** The context of one evaluation; the text index and the tower are computed when they are first asked for. */
export function fitContext(given: Omit<FitContext, 'text' | 'tower'>): FitContext {
  const { data, engine, encoder } = given;
  let index: TextIndex | undefined;
  let fitted: TowerModel | undefined;
  const text = (): TextIndex => (index ??= loadTextIndex(data.shop.catalogue, engine, { encoder }));
  return { ...given, text, tower: () => (fitted ??= fittedTower({ ...given, text })) };
}

function baseline(name: BaselineName): EvaluatedModel {
  return {
    description: BASELINES[name].description,
    fit(context) {
      const items = context.data.shop.catalogue.items.length;
      const fitted = BASELINES[name].fit(context.data.test.training, items);
      return {
        score: (histories) =>
          fitted.kind === 'text' ? scoredByText(context, histories) : scoredByCounts(fitted.score, items, histories),
        notes: [],
      };
    },
  };
}

function* scoredByCounts(
  score: CountingScorer,
  items: number,
  histories: readonly Int32Array[],
): Generator<ScoredHistory> {
  const scores = new Float32Array(items);
  for (const [index, history] of histories.entries()) {
    scores.fill(0);
    score(history, scores);
    yield { index, scores };
  }
}

function* scoredByMix(mix: Mix, histories: readonly Int32Array[]): Generator<ScoredHistory> {
  for (const block of mix.blocks(histories)) yield* rowsOf(block, mix.text.items);
}

function* rowsOf(block: SimilarityBlock, items: number): Generator<ScoredHistory> {
  for (let row = 0; row < block.rows; row++) {
    yield { index: block.start + row, scores: block.scores.subarray(row * items, (row + 1) * items) };
  }
}

/** Scores depend on the last item alone, so histories that share it share one row of similarities. */
function* scoredByText(context: FitContext, histories: readonly Int32Array[]): Generator<ScoredHistory> {
  const { engine, encoder, data } = context;
  const { dimensions } = encoder;
  const vectors = encoder.encode(data.shop.catalogue.items);
  const items: TransposedItems = transposeItems(vectors, dimensions);
  const byLast = new Map<number, number[]>();
  histories.forEach((history, index) => {
    const last = history.at(-1) ?? NO_ITEM;
    const others = byLast.get(last);
    if (others === undefined) byLast.set(last, [index]);
    else others.push(index);
  });
  const lastItems = Array.from(byLast.keys());
  const queries = new Float32Array(lastItems.length * dimensions);
  lastItems.forEach((item, row) => {
    if (item !== NO_ITEM) queries.set(vectors.subarray(item * dimensions, (item + 1) * dimensions), row * dimensions);
  });
  for (const block of similarityBlocks(engine, queries, items)) {
    for (let row = 0; row < block.rows; row++) {
      const scores = block.scores.subarray(row * items.items, (row + 1) * items.items);
      for (const index of byLast.get(lastItems[block.start + row] ?? NO_ITEM) ?? []) yield { index, scores };
    }
  }
}

const NO_ITEM = -1;
