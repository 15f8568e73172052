/**
 * The re-ranker over the top of the mix: lists of candidates, their 39 pair features, the linear form by Newton steps
 * (also over random features), the MLP form with per-shopper gradients and local training.
 *
 * Imports engine/, text/, mix/ and random. Never clips, adds noise or averages over merchants: it makes one shopper's
 * contribution, and a model from sums.
 */
export { baseLogit, FEATURE_COUNT, LIST_SIZE, OWN_FEATURES, STRICT_FEATURES } from './list.js';
export type { CandidateList, FullList, StrictList } from './list.js';
export { pairAttributes } from './attributes.js';
export type { PairAttributes } from './attributes.js';
export { Titles, titleWords } from './titles.js';
export type { TitleMatch } from './titles.js';
export { FEATURE_NAMES, pairFeatures } from './features.js';
export type { OwnFeatures, PairInput } from './features.js';
export { fullLists, LIST_POOL, listOfPool, strictLists, teachingLists } from './lists.js';
export type { ListCase } from './lists.js';
export { symmetricEigen } from './jacobi.js';
export type { SymmetricEigen } from './jacobi.js';
export { EVIDENCE_WEIGHTS, evidenceLogit, RELEASED_WEIGHT, releasedLogit } from './evidence.js';
export { drawProjection, strictRows } from './projection.js';
export type { RandomProjection } from './projection.js';
export {
  initialLinear,
  NEWTON_DEFAULTS,
  NEWTON_LENGTH,
  newtonContribution,
  newtonLength,
  PROJECTED_NEWTON_DEFAULTS,
  scoreLinear,
  solveNewton,
} from './newton.js';
export type { LinearReranker, NewtonRelease } from './newton.js';
export { PUBLIC_RERANKER } from './public-weights.js';
export {
  FINE_TUNING_DEFAULTS,
  initialMlp,
  MLP_HIDDEN,
  MLP_LAYOUT,
  MLP_LENGTH,
  scatterStrict,
  STRICT_PARAMETERS,
} from './mlp.js';
export type { MlpReranker } from './mlp.js';
export { listGradients, scoreMlp } from './mlp-engine.js';
export { LOCAL_TRAINING_DEFAULTS, localTraining } from './mlp-training.js';
export type { LocalTraining } from './mlp-training.js';
export { scoreLists } from './reranker.js';
export type { Reranker } from './reranker.js';
export { FEATURE_DEVIATIONS, FEATURE_MEANS } from './standard.js';
