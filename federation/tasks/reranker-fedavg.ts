import { localTraining, MLP_LENGTH } from '../../recommender/index.js';
import type { FullList } from '../../recommender/index.js';
import type { RoundTerms } from '../contract/terms.js';
import { expectKind } from '../model.js';
import { steppedMlp, trainedParameters } from './reranker-mlp.js';
import type { Task } from './task.js';

/**
 * FedAvg of the MLP re-ranker (McMahan et al. 2017): every merchant trains for some local epochs on its own full
 * lists and contributes its movement, clipped as a whole; the survivors' movements count equally, because private
 * counts may not weight anything. Without noise only: a full list holds other shoppers' data.
 */
export const rerankerFedavg: Task = {
  name: 'reranker-fedavg',
  mechanisms: ['none'],
  unit: 'merchant',

  dimension(model) {
    return trainedParameters(expectKind(model, 'mlpReranker')).length;
  },

  *contribute({ terms, model, data, sampled, random }) {
    const { localEpochs: epochs, batchSize: batch, learningRate, weightDecay } = fedavgTerms(terms);
    const start = trainedParameters(expectKind(model, 'mlpReranker'));
    const lists = [...sampled].flatMap((shopper): FullList[] => {
      const list = data.fullList(shopper);
      return list === undefined ? [] : [list];
    });
    const trained = localTraining(data.engine, start, lists, { epochs, batch, learningRate, weightDecay, random });
    const movement = Float64Array.from({ length: MLP_LENGTH }, (_, i) => (trained[i] ?? 0) - (start[i] ?? 0));
    yield { form: 'dense', values: movement };
  },

  apply({ terms, model, sum, survivors }) {
    const { optimiser, servingWeight } = fedavgTerms(terms);
    const update = sum.map((value) => value / survivors);
    const step = { optimiser, steps: terms.steps, servingWeight };
    return { $case: 'mlpReranker', value: steppedMlp(expectKind(model, 'mlpReranker'), update, step) };
  },
};

function fedavgTerms({ task }: RoundTerms) {
  if (task.$case !== 'rerankerFedavg') throw new TypeError(`not terms of a FedAvg round: ${task.$case}`);
  return task.value;
}
