import { perShopperGradients, scatterStrict, STRICT_PARAMETERS } from '../../recommender/index.js';
import type { StrictList } from '../../recommender/index.js';
import type { RoundTerms } from '../contract/terms.js';
import { expectKind } from '../model.js';
import { steppedMlp, trainedParameters } from './reranker-mlp.js';
import type { Task } from './task.js';

/**
 * FedSGD of the MLP re-ranker: the sum over Poisson-sampled shoppers of clipped gradients of their own strict lists,
 * over a fixed public denominator, moves the model by a server optimiser.
 */
export const rerankerGradients: Task = {
  name: 'reranker-gradients',
  mechanisms: ['gaussian', 'none'],
  unit: 'shopper',

  dimension(model) {
    trainedParameters(expectKind(model, 'mlpReranker'));
    return STRICT_PARAMETERS.length;
  },

  *contribute({ model, data, sampled }) {
    const parameters = trainedParameters(expectKind(model, 'mlpReranker'));
    const lists = [...sampled].flatMap((shopper): StrictList[] => {
      const list = data.strictList(shopper);
      return list === undefined || list.target < 0 ? [] : [list];
    });
    const gradients = perShopperGradients(data.engine, parameters, lists);
    const width = STRICT_PARAMETERS.length;
    for (let row = 0; row < lists.length; row++) {
      yield { form: 'dense', values: gradients.subarray(row * width, (row + 1) * width) };
    }
  },

  apply({ terms, model, sum }) {
    const { optimiser, expectedShoppers, servingWeight } = gradientTerms(terms);
    const update = scatterStrict(sum.map((value) => -value / expectedShoppers));
    return steppedMlp(expectKind(model, 'mlpReranker'), update, { optimiser, steps: terms.steps, servingWeight });
  },
};

function gradientTerms({ task }: RoundTerms) {
  if (task.$case !== 'rerankerGradients') throw new TypeError(`not terms of a gradient round: ${task.$case}`);
  return task.value;
}
