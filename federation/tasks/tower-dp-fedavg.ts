import type { RoundTerms } from '../contract/terms.js';
import { expectKind } from '../model.js';
import { localDpSgd } from './local-dp-sgd.js';
import type { Task } from './task.js';
import { clippedPasses } from './tower-gradients.js';
import { decodeTower, steppedTower } from './tower-model.js';

/**
 * FedAvg of the text tower by merchant-local DP-SGD: every merchant trains what the model's form trains, one example a
 * shopper, under its own noise and contributes its movement; the survivors' movements count equally.
 */
export const towerDpFedavg: Task = {
  name: 'tower-dp-fedavg',
  mechanisms: ['local'],
  unit: 'shopper',

  dimension(model) {
    return decodeTower(expectKind(model, 'tower')).trained.length;
  },

  async *contribute({ terms, model, data, random }) {
    const { local, negatives } = fedavgTerms(terms);
    const tower = decodeTower(expectKind(model, 'tower'));
    yield await localDpSgd({
      terms,
      local,
      start: tower.trained,
      shoppers: data.contributors.length,
      random,
      onStep: data.seat.onStep,
      gradients: (trained, sampled, clipNorm) =>
        clippedPasses(data, { ...tower, trained }, { sampled, clipNorm, negatives, random }),
    });
  },

  apply({ terms, model, sum, survivors }) {
    const { optimiser } = fedavgTerms(terms);
    const update = sum.map((value) => value / survivors);
    return steppedTower(expectKind(model, 'tower'), update, { optimiser, steps: terms.steps });
  },
};

function fedavgTerms({ task }: RoundTerms) {
  if (task.$case !== 'towerDpFedavg') throw new TypeError(`not terms of a tower's DP-FedAvg round: ${task.$case}`);
  return task.value;
}
