import { labelledHash, streamRandom } from '../../crypto/index.js';
import { evaluateMerchant, openMerchant } from '../../recommender/index.js';
import type { Engine, Gain, GateDecision, Shop, TextIndex } from '../../recommender/index.js';
import type { ServedModels } from '../serving/served-models.js';

/** What taking part brings this merchant; figures over its own test items that never leave it. */
export interface LocalEvaluation {
  /** Shoppers with a test item. */
  readonly shoppers: number;
  /** Own evidence and item texts under public default weights. */
  readonly alone: RankingFigures;
  /** The same under own weights where validation items prove that they are better, else the defaults. */
  readonly tuned: RankingFigures;
  /** The weights of `tuned`, with every released component that the gate lets in. */
  readonly together: RankingFigures;
  /** The public default weights, with every released component that the gate lets in on top of those. */
  readonly togetherUntuned: RankingFigures;
  /** Of `together` over `alone`. */
  readonly gain: Gain;
  /** Of `together` over `tuned`. */
  readonly gainOverTuned: Gain;
  /** What the gate decided about each released component, and why. */
  readonly decisions: readonly GateDecision[];
  /** Which weights `tuned` and `together` have, and why, in one sentence. */
  readonly weights: string;
  /** Of a released tower, whatever the gate says of it. */
  readonly tower?: LocalTowerFigures;
}

/** A released tower by itself, before and after its training, and as a term of the mix. */
export interface LocalTowerFigures {
  readonly untrained: RankingFigures;
  readonly trained: RankingFigures;
  /** Of `trained` over `untrained`. */
  readonly gain: Gain;
  /** Of the merchant's own mix with the tower over the mix without it. */
  readonly gainInMix: Gain;
  /** In which form it is served and was measured, in a sentence. */
  readonly form: string;
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

/** Measures the merchant alone and with what it serves of released models. The same data and models give the same figures. */
export function evaluateLocally(
  { shop, text, engine }: EvaluatedShop,
  { released, towerForm = '' }: ServedModels,
  gateSecret: Uint8Array,
): LocalEvaluation {
  const merchant = openMerchant({ engine, shop, text, gateSecret });
  // Bootstrap coins protect nobody; fixed ones make the table repeatable.
  const random = streamRandom(labelledHash('guildhall/v1/bootstrap'));
  const evaluation = evaluateMerchant(merchant, released, { random });
  const { shoppers, alone, tuned, together, togetherUntuned, gain, gainOverTuned, decisions, weights } = evaluation;
  const { tower } = evaluation;
  return {
    shoppers,
    alone: figures(alone),
    tuned: figures(tuned),
    together: figures(together),
    togetherUntuned: figures(togetherUntuned),
    gain,
    gainOverTuned,
    decisions,
    weights: weights.reason,
    ...(tower === undefined
      ? {}
      : { tower: { ...tower, untrained: figures(tower.untrained), trained: figures(tower.trained), form: towerForm } }),
  };
}

const figures = ({ hr10, ndcg10 }: RankingFigures): RankingFigures => ({ hr10, ndcg10 });
