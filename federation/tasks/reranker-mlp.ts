import { labelledHash, streamRandom } from '../../crypto/index.js';
import { initialMlp, MLP_LENGTH } from '../../recommender/index.js';
import type { LinearReranker } from '../../recommender/index.js';
import type { MlpRerankerModel } from '../../proto/index.js';
import { GuildhallError } from '../../errors/index.js';
import type { ModelKind } from '../model.js';
import { initialState, serverStep, stateToWire } from '../optimisers/index.js';
import type { ServerStepTerms } from '../optimisers/index.js';

/**
 * The MLP re-ranker before its first round: serves exactly the mix, or exactly `linear`. Its hidden weights come from
 * a public constant, so that everybody derives the same model.
 */
export function untrainedMlp(servingWeight: number, linear?: LinearReranker): ModelKind {
  const coins = streamRandom(labelledHash('guildhall/v1/mlp-initialisation'));
  const parameters = initialMlp(coins, { servingWeight, ...(linear === undefined ? {} : { linear }) });
  const server = stateToWire(initialState(parameters));
  return { $case: 'mlpReranker', value: { parameters: [...parameters], servingWeight, server } };
}

/**
 * The parameters that a round's clients start from: the server's iterate, not the average that is served.
 * @throws GuildhallError MODEL_MALFORMED on a wrong length
 */
export function trainedParameters(model: MlpRerankerModel): Float32Array {
  const parameters = Float32Array.from(model.server?.iterate ?? model.parameters);
  if (parameters.length !== MLP_LENGTH || model.parameters.length !== MLP_LENGTH) {
    throw new GuildhallError(
      'MODEL_MALFORMED',
      `An MLP re-ranker has ${MLP_LENGTH} parameters, not ${parameters.length}.`,
    );
  }
  return parameters;
}

/**
 * The model after one server step.
 * @param update mean update in descent direction, {@link MLP_LENGTH} values
 */
export function steppedMlp(
  model: MlpRerankerModel,
  update: Float64Array,
  { servingWeight, ...step }: ServerStepTerms & { readonly servingWeight: number },
): MlpRerankerModel {
  const { served, server } = serverStep({ server: model.server, start: trainedParameters(model) }, update, step);
  return { parameters: [...served], servingWeight, server };
}
