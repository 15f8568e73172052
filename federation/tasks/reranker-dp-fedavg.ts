import { scatterStrict, STRICT_PARAMETERS } from '../../recommender/index.js';
import type { RoundTerms } from '../contract/terms.js';
import { expectKind } from '../model.js';
import { localDpSgd } from './local-dp-sgd.js';
import { strictGradients } from './reranker-gradients.js';
import { steppedMlp, trainedParameters } from './reranker-mlp.js';
import type { Task } from './task.js';

/**
 * FedAvg of the MLP re-ranker by merchant-local DP-SGD: every merchant trains the strict parameters on its contributors'
 * own strict lists under its own noise and contributes its movement; the survivors' movements count equally.
 */
export const rerankerDpFedavg: Task = {
  name: 'reranker-dp-fedavg',
  mechanisms: ['local'],
  unit: 'shopper',

  dimension(model) {
    trainedParameters(expectKind(model, 'mlpReranker'));
    return STRICT_PARAMETERS.length;
  },

  async *contribute({ terms, model, data, random }) {
    const parameters = trainedParameters(expectKind(model, 'mlpReranker'));
    yield await localDpSgd({
      terms,
      local: fedavgTerms(terms).local,
      start: Float32Array.from(STRICT_PARAMETERS, (parameter) => parameters[parameter] ?? 0),
      shoppers: data.contributors.length,
      random,
      onStep: data.seat.onStep,
      gradients: (strict, sampled) => {
        STRICT_PARAMETERS.forEach((parameter, i) => (parameters[parameter] = strict[i] ?? 0));
        return strictGradients(data, parameters, sampled).map((values) => ({ form: 'dense', values }));
      },
    });
  },

  apply({ terms, model, sum, survivors }) {
    const { optimiser, servingWeight } = fedavgTerms(terms);
    const update = scatterStrict(sum.map((value) => value / survivors));
    const step = { optimiser, steps: terms.steps, servingWeight };
    return { $case: 'mlpReranker', value: steppedMlp(expectKind(model, 'mlpReranker'), update, step) };
  },
};

function fedavgTerms({ task }: RoundTerms) {
  if (task.$case !== 'rerankerDpFedavg')
    throw new TypeError(`not terms of a re-ranker's DP-FedAvg round: ${task.$case}`);
  return task.value;
}
