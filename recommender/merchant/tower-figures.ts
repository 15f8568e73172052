import type { Mix, MixWeights } from '../mix/index.js';
import type { RandomSource } from '../random.js';
import type { TowerModel } from '../tower/index.js';
import type { NextItem } from './conventions.js';
import { gainOver } from './gain.js';
import type { Gain } from './gain.js';
import type { Merchant } from './merchant.js';
import { performanceOfMix } from './ranking.js';
import type { Performance } from './ranking.js';
import { TowerTerm } from './tower-term.js';
import type { ReleasedTower } from './tower-term.js';

/** A released tower measured on a merchant's test items, by itself and in the mix. */
export interface TowerFigures {
  /** Ranking by the tower's scores alone. */
  readonly trained: Performance;
  /** The same by the model that its training started from. */
  readonly untrained: Performance;
  /** Of `trained` over `untrained`. */
  readonly gain: Gain;
  /** Of the merchant's own mix with the tower as a term over the mix without it. */
  readonly gainInMix: Gain;
}

/** Weights under which a mix ranks by its model alone. */
const MODEL_ALONE: MixWeights = {
  textLast: 0,
  textHistory: 0,
  directed: 0,
  window: 0,
  popularity: 0,
  federated: 0,
  tower: 1,
};

/**
 * Measures a released tower.
 * @param options.mix the merchant's own, under the weights that it serves with
 * @param options.random coins of the bootstrap
 */
export function towerFigures(
  merchant: Merchant,
  tower: ReleasedTower,
  options: { readonly mix: Mix; readonly cases: readonly NextItem[]; readonly random: RandomSource },
): TowerFigures {
  const { mix, cases } = options;
  const performance = (model: TowerModel, weights: MixWeights): Performance => {
    const { engine, text } = merchant;
    const term = new TowerTerm({ engine, text, tower: { ...tower, model } });
    try {
      return performanceOfMix(mix.with({ weights, model: term }), cases);
    } finally {
      term.dispose();
    }
  };
  const trained = performance(tower.model, MODEL_ALONE);
  const untrained = performance(tower.start, MODEL_ALONE);
  const without = performanceOfMix(mix, cases);
  const together = performance(tower.model, mix.weights);
  return {
    trained,
    untrained,
    gain: gainOver(untrained, trained, options),
    gainInMix: gainOver(without, together, options),
  };
}
