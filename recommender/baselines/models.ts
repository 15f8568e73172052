import { addScaledRow } from '../mix/index.js';
import type { SparseMatrix } from '../mix/index.js';
import { ease } from './ease.js';
import { shopperCosine, transitionCounts } from './co-purchase.js';
import type { Baseline, CountingScorer } from './scorer.js';

/** Share of the co-purchase cosine in the counting hybrid. */
const HYBRID_COSINE = 0.5;
/** Below 1, the distance of two counts, so that popularity orders equal counts and nothing else. */
const TIE_BREAK = 0.5;

const popularity: Baseline = {
  name: 'popularity',
  description: 'Items by how often they were bought.',
  fit(histories, items) {
    const purchases = countPurchases(histories, items);
    return { kind: 'counts', score: (_history, scores) => scores.set(purchases) };
  },
};

const textKnn: Baseline = {
  name: 'text-knn',
  description: "Items by the similarity of their texts (hash-512) to that of the shopper's last item.",
  fit: () => ({ kind: 'text', of: 'last-item' }),
};

const itemKnn: Baseline = {
  name: 'item-knn',
  description:
    "Items by the sum of their co-purchase cosines (over shoppers) with every item of the shopper's history.",
  fit: (histories, items) => ({ kind: 'counts', score: sumOfCosines(shopperCosine(histories, items), 1) }),
};

const coOccurrence: Baseline = {
  ...itemKnn,
  name: 'co-occurrence',
  description: 'Another name of item-knn: co-occurrence of items over shoppers, as a cosine.',
};

const markov: Baseline = {
  name: 'markov',
  description:
    "Items by how often they came right after the shopper's last item, equal counts by popularity; others are not ranked.",
  fit(histories, items) {
    const transitions = transitionCounts(histories, items);
    const purchases = countPurchases(histories, items);
    const most = purchases.reduce((a, b) => Math.max(a, b), 1);
    return {
      kind: 'counts',
      score(history, scores) {
        const last = history.at(-1);
        if (last === undefined) return;
        for (let at = transitions.starts[last] ?? 0; at < (transitions.starts[last + 1] ?? 0); at++) {
          const item = transitions.indices[at] ?? 0;
          scores[item] = (transitions.values[at] ?? 0) + (TIE_BREAK * (purchases[item] ?? 0)) / most;
        }
      },
    };
  },
};

const markovCoOccurrence: Baseline = {
  name: 'markov-co-occurrence',
  description: `Counts right after the last item, plus ${HYBRID_COSINE} times the co-purchase cosines of the whole history.`,
  fit(histories, items) {
    const transitions = transitionCounts(histories, items);
    const addCosines = sumOfCosines(shopperCosine(histories, items), HYBRID_COSINE);
    return {
      kind: 'counts',
      score(history, scores) {
        const last = history.at(-1);
        if (last !== undefined) addScaledRow(scores, transitions, last, 1);
        addCosines(history, scores);
      },
    };
  },
};

/** Every baseline by its name, in the order of help texts. */
export const BASELINES = {
  popularity,
  'text-knn': textKnn,
  'item-knn': itemKnn,
  'co-occurrence': coOccurrence,
  markov,
  'markov-co-occurrence': markovCoOccurrence,
  ease,
} as const satisfies Record<string, Baseline>;

/** The name of a baseline. */
export type BaselineName = keyof typeof BASELINES;

/** All names, in the order of help texts. */
export const BASELINE_NAMES = Object.keys(BASELINES) as readonly BaselineName[];

function countPurchases(histories: readonly Int32Array[], items: number): Float32Array {
  const purchases = new Float32Array(items);
  for (const history of histories) for (const item of history) purchases[item] = (purchases[item] ?? 0) + 1;
  return purchases;
}

/** Repeats in a history count once: the cosine is one of sets. */
function sumOfCosines(cosine: SparseMatrix, weight: number): CountingScorer {
  return (history, scores) => {
    for (const item of new Set(history)) addScaledRow(scores, cosine, item, weight);
  };
}
