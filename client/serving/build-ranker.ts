import { labelledHash, streamRandom } from '../../crypto/index.js';
import {
  isEvaluated,
  judge,
  Mix,
  openMerchant,
  PUBLIC_RERANKER,
  Ranker,
  RepeatModel,
  servedWeights,
  TowerTerm,
  trainingEvents,
  validateRepeatWeight,
  validationCase,
} from '../../recommender/index.js';
import type { FederatedComponent, Shopper, TimedHistory } from '../../recommender/index.js';
import { ModelStore } from '../models.js';
import type { OpenedClient } from '../session.js';
import type { IndexedShop } from '../training/session.js';
import type { ReorderParts } from './reorder.js';
import { servedModels } from './served-models.js';

/** What a merchant ranks with, and how that came about. */
export interface BuiltRanker {
  readonly ranker: Ranker;
  /** What it mixes, all events counted. */
  readonly mix: Mix;
  /** One sentence a decision. */
  readonly notes: readonly string[];
  /** Present where the gate lets a released re-ranker in, or, where none was released, the public one. */
  readonly reordering?: ReorderParts;
}

/**
 * Puts the ranker together from the shop and the newest models of the state directory: the gate decides on each release,
 * validation items on weights.
 * @throws GuildhallError STATE_*, MODEL_MALFORMED
 */
export function buildRanker({ shop, text, engine }: IndexedShop, { state }: OpenedClient): BuiltRanker {
  const { catalogue, shoppers } = shop;
  const models = new ModelStore(state.paths.models).newestBytes();
  const { released, towerForm } = servedModels(models, { catalogue, text }, state.paths.compressedTower);
  const merchant = openMerchant({ engine, shop, text, gateSecret: state.localKey });
  const { weights, reason } = servedWeights(merchant);
  const decisions = judge(merchant, { ...released, publicReranker: PUBLIC_RERANKER }, weights);
  const lets = (component: FederatedComponent): boolean =>
    decisions.some((decision) => decision.component === component && decision.use);
  const federated = lets('counts') ? released.counts : undefined;
  const publicReranker = lets('public re-ranker') ? PUBLIC_RERANKER : undefined;
  const reranker = lets('re-ranker') ? released.reranker : publicReranker;
  const tower = lets('tower') ? released.tower : undefined;
  const mixOf = (histories: readonly Int32Array[]): Mix =>
    Mix.build({ engine, text, histories, ...(federated === undefined ? {} : { federated }) });
  const evaluated = shoppers.filter(isEvaluated);
  const learnt = mixOf(shoppers.map(trainingEvents));
  const timed = (shopper: Shopper, history: Int32Array): TimedHistory => ({
    items: history,
    times: shopper.times?.subarray(0, history.length) ?? Float64Array.from(history, (_, at) => at),
  });
  const repeatsOf = (cut: (shopper: Shopper) => Int32Array): { readonly repeats?: RepeatModel } => {
    const repeats = RepeatModel.fit(
      shoppers.map((shopper) => timed(shopper, cut(shopper))),
      catalogue,
    );
    return repeats === undefined ? {} : { repeats };
  };
  const repeatWeight = validateRepeatWeight(
    { catalogue, mix: learnt.with({ weights }), ...repeatsOf(trainingEvents) },
    evaluated.map((shopper) => {
      const { history, target } = validationCase(shopper);
      const before = timed(shopper, history);
      const now = shopper.times?.[history.length] ?? history.length;
      return { ...before, now, target: [target] };
    }),
  );
  const served = mixOf(shoppers.map(({ history }) => history)).with({ weights });
  // Coins of an index over public texts.
  const random = streamRandom(labelledHash('guildhall/v1/tower-index'));
  const mix = tower === undefined ? served : served.with({ model: new TowerTerm({ engine, text, tower, random }) });
  const all = repeatsOf(({ history }) => history);
  const ranker = new Ranker({ catalogue, mix, repeatWeight, ...all });
  const repeating =
    repeatWeight === 0
      ? 'Nothing is offered again: repeats did not help on validation items.'
      : `Purchases that are due are offered again when asked for, with weight ${repeatWeight} from validation items.`;
  return {
    ranker,
    mix,
    notes: [
      ...(towerForm === undefined ? [] : [towerForm]),
      ...decisions.map((decision) => decision.reason),
      ...[reason, repeating],
    ],
    ...(reranker === undefined
      ? {}
      : {
          reordering: {
            engine,
            attributes: merchant.attributes,
            mix,
            reranker,
            source: publicReranker === undefined ? 'federation' : 'public',
          },
        }),
  };
}
