import { labelledHash, streamRandom } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';
import {
  DEFAULT_TOWER,
  parameterCount,
  trainedCount,
  trainedStart,
  untrainedTower,
  withTrained,
} from '../../recommender/index.js';
import type { TowerForm, TowerModel, TowerShape } from '../../recommender/index.js';
import type { TowerModel as WireTower } from '../../proto/index.js';
import type { ModelKind } from '../model.js';
import { serverStep, stateFromWire } from '../optimisers/index.js';
import type { ServerStepTerms } from '../optimisers/index.js';

/** Bounds of what a client takes from the coordinator: about 40 times the default's memory. */
const LIMITS: TowerShape = { features: 4096, width: 512, blocks: 12, heads: 32, inner: 2048, length: 256 };
const HIGHEST_RANK = 64;
/** The encoder that the default tower reads. */
const DEFAULT_ENCODER = 'hash-512';

/**
 * A tower before its first round. Without `start` its weights come from a public constant, so that everybody derives
 * the same model.
 * @param start a published version to go on from
 */
export function untrainedTowerModel(
  form: TowerForm,
  start: TowerModel = untrainedTower(DEFAULT_TOWER, streamRandom(labelledHash('guildhall/v1/tower-initialisation'))),
): ModelKind {
  const value: WireTower = {
    encoder: DEFAULT_ENCODER,
    ...start.shape,
    parameters: [...start.parameters],
    form: formToWire(form),
    trained: [],
    server: undefined,
  };
  return { $case: 'tower', value };
}

/** A tower model as the recommender works with it. */
export interface DecodedTower {
  readonly encoder: string;
  readonly form: TowerForm;
  /** Where training started: the values that the form does not train are these. */
  readonly base: TowerModel;
  /** What a round's clients start from: the server's iterate. */
  readonly trained: Float32Array;
}

/**
 * Checks a tower's sizes, form and lengths.
 * @throws GuildhallError MODEL_MALFORMED
 */
export function decodeTower(model: WireTower): DecodedTower {
  const { features, width, blocks, heads, inner, length } = model;
  const shape: TowerShape = { features, width, blocks, heads, inner, length };
  for (const [name, most] of Object.entries(LIMITS) as [keyof TowerShape, number][]) {
    demand(shape[name] >= 1 && shape[name] <= most, `its ${name} must be in [1, ${most}], not ${shape[name]}`);
  }
  demand(width % heads === 0, `${heads} heads do not share a width of ${width}`);
  const form = formFromWire(model.form);
  demand(form.kind !== 'low-rank' || (form.rank >= 1 && form.rank <= HIGHEST_RANK), 'its rank is out of range');
  demand(model.parameters.length === parameterCount(shape), `it must have ${parameterCount(shape)} parameters`);
  const base = { shape, parameters: Float32Array.from(model.parameters) };
  const count = trainedCount(shape, form);
  demand(model.trained.length === 0 || model.trained.length === count, `its form trains ${count} values`);
  const state = model.server === undefined ? undefined : stateFromWire(model.server);
  const vectors = state === undefined ? [] : [state.iterate, state.firstMoment, state.secondMoment, state.average];
  demand(
    vectors.every((vector) => vector.length === count),
    'its server state has another length than what it trains',
  );
  return { encoder: model.encoder, form, base, trained: state?.iterate ?? trainedStart(base, form) };
}

/**
 * The tower that a model serves, everything that was trained merged into it; undefined before its first round.
 * @throws GuildhallError MODEL_MALFORMED
 */
export function servedTower(model: WireTower): TowerModel | undefined {
  const { form, base } = decodeTower(model);
  return model.trained.length === 0 ? undefined : withTrained(base, form, Float32Array.from(model.trained));
}

/**
 * The model after one server step.
 * @param update mean update in descent direction, as many values as the form trains
 */
export function steppedTower(model: WireTower, update: Float64Array, step: ServerStepTerms): ModelKind {
  const { served, server } = serverStep({ server: model.server, start: decodeTower(model).trained }, update, step);
  return { $case: 'tower', value: { ...model, trained: [...served], server } };
}

function formToWire(form: TowerForm): NonNullable<WireTower['form']> {
  switch (form.kind) {
    case 'full':
      return { $case: 'full', value: {} };
    case 'adapter':
      return { $case: 'adapter', value: {} };
    case 'low-rank':
      return { $case: 'lowRank', value: { rank: form.rank } };
  }
}

function formFromWire(form: WireTower['form']): TowerForm {
  switch (form?.$case) {
    case 'full':
    case 'adapter':
      return { kind: form.$case };
    case 'lowRank':
      return { kind: 'low-rank', rank: form.value.rank };
    case undefined:
      throw new GuildhallError('MODEL_MALFORMED', 'The tower does not say what of it is trained.');
  }
}

function demand(condition: boolean, what: string): void {
  if (!condition) throw new GuildhallError('MODEL_MALFORMED', `The tower is malformed: ${what}.`);
}
