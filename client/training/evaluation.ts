import { labelledHash, streamRandom } from '../../crypto/index.js';
import type { ModelKind } from '../../federation/index.js';
import { evaluateMerchant, openMerchant } from '../../recommender/index.js';
import type { Engine, GateDecision, Interval, Shop, TextIndex } from '../../recommender/index.js';
import { releasedModels } from './released.js';

/** What taking part brings this merchant; figures over its own test items that never leave it. */
export interface LocalEvaluation {
  /** Shoppers with a test item. */
  readonly shoppers: number;
  readonly alone: RankingFigures;
  readonly together: RankingFigures;
  /** Difference of NDCG@10 with its paired 95 % bootstrap interval, and the same as a share of `alone`. */
  readonly gain: { readonly ndcg10: Interval; readonly relative: Interval };
  /** What the gate decided about each released component, and why. */
  readonly decisions: readonly GateDecision[];
}

/** Full-ranking leave-one-out metrics at 10. */
export interface RankingFigures {
  readonly hr10: number;
  readonly ndcg10: number;
}

/** The parts of a merchant that an evaluation needs. */
export interface EvaluatedShop {
  readonly shop: Shop;
  readonly text: TextIndex;
  readonly engine: Engine;
}

/** Measures the merchant alone and with released models. The same data and models give the same figures. */
export function evaluateLocally(
  { shop, text, engine }: EvaluatedShop,
  models: readonly ModelKind[],
  gateSecret: Uint8Array,
): LocalEvaluation {
  const merchant = openMerchant({ engine, shop, text, gateSecret });
  const released = releasedModels(models, { catalogue: shop.catalogue, text });
  // Bootstrap coins protect nobody; fixed ones make the table repeatable.
  const random = streamRandom(labelledHash('guildhall/v1/bootstrap'));
  const { shoppers, alone, together, gain, decisions } = evaluateMerchant(merchant, released, { random });
  return { shoppers, alone: figures(alone), together: figures(together), gain, decisions };
}

const figures = ({ hr10, ndcg10 }: RankingFigures): RankingFigures => ({ hr10, ndcg10 });
