import { nextClipNorm, quantileSplit, readQuantileRelease, withClipBit } from '../../privacy/index.js';
import type { QuantileSplit } from '../../privacy/index.js';
import { listGradients, scatterStrict, STRICT_PARAMETERS } from '../../recommender/index.js';
import type { AdaptiveClipping, MlpRerankerModel } from '../../proto/index.js';
import type { RoundTerms } from '../contract/terms.js';
import { expectKind } from '../model.js';
import { steppedMlp, trainedParameters } from './reranker-mlp.js';
import type { Task } from './task.js';
import type { TrainingData } from './training-data.js';

/**
 * FedSGD of the MLP re-ranker: the sum over Poisson-sampled shoppers of clipped gradients of their own strict lists,
 * over a fixed public denominator, moves the model by a server optimiser.
 *
 * With adaptive clipping the clip norm C of the gradients travels with the model and follows a quantile of their norms.
 * The contract's clip norm then bounds the whole vector, gradient scaled by C and clip bit, so that scale, clamp,
 * sensitivity and cost are the same in every round whatever C is.
 */
export const rerankerGradients: Task = {
  name: 'reranker-gradients',
  mechanisms: ['gaussian', 'none'],
  unit: 'shopper',

  dimension(model, terms) {
    trainedParameters(expectKind(model, 'mlpReranker'));
    const bits = gradientTerms(terms).adaptiveClipping === undefined ? 0 : 1;
    return STRICT_PARAMETERS.length + bits;
  },

  *contribute({ terms, model, data, sampled }) {
    const mlp = expectKind(model, 'mlpReranker');
    const parameters = trainedParameters(mlp);
    const adaptive = adaptiveRound(terms, mlp);
    for (const gradient of strictGradients(data, parameters, sampled)) {
      yield {
        form: 'dense',
        values: adaptive === undefined ? gradient : withClipBit(gradient, adaptive.clipNorm, adaptive.split),
      };
    }
  },

  apply({ terms, model, sum }) {
    const { optimiser, expectedShoppers, servingWeight } = gradientTerms(terms);
    const mlp = expectKind(model, 'mlpReranker');
    const step = { optimiser, steps: terms.steps, servingWeight };
    const stepped = (gradients: Float64Array): MlpRerankerModel =>
      steppedMlp(mlp, scatterStrict(gradients.map((value) => -value / expectedShoppers)), step);
    const adaptive = adaptiveRound(terms, mlp);
    if (adaptive === undefined) return { $case: 'mlpReranker', value: stepped(sum) };
    const { rule, clipNorm, split } = adaptive;
    const release = readQuantileRelease(sum, { clipNorm, split, expectedContributions: expectedShoppers });
    const next = stepped(release.sum);
    if (next.server !== undefined) next.server.clipNorm = nextClipNorm(clipNorm, release.withinShare, rule);
    return { $case: 'mlpReranker', value: next };
  },
};

/**
 * Gradients of the sum of sampled shoppers' own strict lists, one a shopper who has any: d values each, unclipped.
 * @param parameters all of the MLP form's
 */
export function strictGradients(data: TrainingData, parameters: Float32Array, sampled: Uint32Array): Float32Array[] {
  const shoppers = Array.from(sampled, (shopper) => data.strictLists(shopper)).filter(({ length }) => length > 0);
  const gradients = listGradients(data.engine, parameters, shoppers.flat());
  const width = STRICT_PARAMETERS.length;
  let row = 0;
  return shoppers.map((lists) => {
    const own = gradients.subarray(row * width, (row + lists.length) * width);
    row += lists.length;
    return sumOfRows(own, width);
  });
}

function sumOfRows(rows: Float32Array, width: number): Float32Array {
  const sum = new Float32Array(width);
  rows.forEach((value, index) => (sum[index % width] = (sum[index % width] ?? 0) + value));
  return sum;
}

interface AdaptiveRound {
  readonly rule: AdaptiveClipping;
  /** C of this round: the model's, or the contract's before the first. */
  readonly clipNorm: number;
  readonly split: QuantileSplit;
}

function adaptiveRound(terms: RoundTerms, { server }: MlpRerankerModel): AdaptiveRound | undefined {
  const { adaptiveClipping: rule } = gradientTerms(terms);
  const { mechanism } = terms;
  if (rule === undefined || mechanism.kind !== 'gaussian') return undefined;
  const { clipNorm: norm, noiseMultiplier } = mechanism;
  const split = quantileSplit({ norm, noiseMultiplier, bitDeviation: rule.bitDeviation });
  return { rule, clipNorm: server?.clipNorm ?? norm, split };
}

function gradientTerms({ task }: RoundTerms) {
  if (task.$case !== 'rerankerGradients') throw new TypeError(`not terms of a gradient round: ${task.$case}`);
  return task.value;
}
