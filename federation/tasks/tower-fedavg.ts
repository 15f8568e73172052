import { trainedTowerOn } from '../../recommender/index.js';
import type { RoundTerms } from '../contract/terms.js';
import { expectKind } from '../model.js';
import type { Task } from './task.js';
import { requireEncoder } from './tower-gradients.js';
import { decodeTower, steppedTower } from './tower-model.js';

/**
 * FedAvg of the text tower (McMahan et al. 2017): every merchant trains for some local epochs on its contributors'
 * sequences and contributes the movement of what the form trains, clipped as a whole; survivors count equally. Without
 * noise only: local epochs mix shoppers.
 */
export const towerFedavg: Task = {
  name: 'tower-fedavg',
  mechanisms: ['none'],
  unit: 'merchant',

  dimension(model) {
    return decodeTower(expectKind(model, 'tower')).trained.length;
  },

  async *contribute({ terms, model, data, sampled, random }) {
    const { localEpochs: epochs, batchSize: batch, learningRate, weightDecay, negatives, dropout } = fedavgTerms(terms);
    const { form, base, trained: start, encoder } = decodeTower(expectKind(model, 'tower'));
    requireEncoder(encoder, data);
    const sequences = Array.from(sampled, (shopper) => data.releasedHistory(shopper));
    const { threads, onStep } = data.seat;
    const training = { form, epochs, batch, learningRate, weightDecay, negatives, dropout, warmUp: 0, onStep };
    const texts = data.text;
    const { trained } = await trainedTowerOn(threads, data.engine, base, { texts, sequences }, random, {
      ...training,
      from: start,
    });
    yield { form: 'dense', values: Float64Array.from(start, (value, i) => (trained[i] ?? 0) - value) };
  },

  apply({ terms, model, sum, survivors }) {
    const { optimiser } = fedavgTerms(terms);
    const update = sum.map((value) => value / survivors);
    return steppedTower(expectKind(model, 'tower'), update, { optimiser, steps: terms.steps });
  },
};

function fedavgTerms({ task }: RoundTerms) {
  if (task.$case !== 'towerFedavg') throw new TypeError(`not terms of a tower's FedAvg round: ${task.$case}`);
  return task.value;
}
