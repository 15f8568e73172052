/**
 * What both sides must agree on: the contract, the policy that judges it, tasks, the vector codec, server optimisers.
 *
 * contract/ compiles, signs and opens terms; policy/ judges them; tasks/ turn shoppers into vectors and sums into models;
 * codec/ goes between real sums and the ring; noise/ draws noise for a roster and takes its excess out again; pipeline.ts
 * is where clip, sum, round, clamp and noise meet, in that order; jobs/ plans a platform's default jobs under one budget.
 *
 * Imports crypto, privacy, recommender, proto and errors. Never knows sockets, files, databases or clocks.
 */
export { compileTerms, PROTOCOL_VERSION } from './contract/terms.js';
export type {
  GaussianTerms,
  LaplaceTerms,
  LocalTerms,
  MechanismTerms,
  NoiseStrategyName,
  NoNoiseTerms,
  RoundTerms,
} from './contract/terms.js';
export { CONTRACT_PAYLOAD_TYPE, openContract, signContract } from './contract/envelope.js';
export type { SignedContract } from './contract/envelope.js';
export { LEDGER_HEAD_BYTES, openReceipt, RECEIPT_PAYLOAD_TYPE, signReceipt } from './receipt.js';
export { secAggTermsOf } from './contract/secagg.js';
export { parsePolicy } from './policy/policy.js';
export type { Policy } from './policy/policy.js';
export { POLICY_FIELDS } from './policy/fields.js';
export { POLICY_PRESETS, PRESET_SENTENCES } from './policy/presets.js';
export type { PolicyPreset } from './policy/presets.js';
export { checkPolicy, enforcePolicy } from './policy/check.js';
export type { PolicyContext, PolicyVerdict } from './policy/check.js';
export { ceiling } from './policy/verdict.js';
export type { RuleVerdict } from './policy/verdict.js';
export { uploadBytes, VectorCodec } from './codec/codec.js';
export { quantisationOf } from './codec/quantisation.js';
export type { Quantisation } from './codec/quantisation.js';
export { localNoise } from './noise/local.js';
export type { LocalNoise } from './noise/local.js';
export { ExcessNoise } from './noise/revealing.js';
export { noiseRatio, removeExcessNoise } from './noise/removal.js';
export type { RevealedRound } from './noise/removal.js';
export { ledgerEntry, mechanismEvent } from './accounting.js';
export { decodeModel, encodeModel, expectKind, modelSha256 } from './model.js';
export type { ModelKind, ModelOf } from './model.js';
export { taskName } from './tasks/names.js';
export type { TaskName } from './tasks/names.js';
export { taskOf } from './tasks/registry.js';
export type { Contribution, ContributionContext, Release, Task } from './tasks/task.js';
export { TrainingData } from './tasks/training-data.js';
export { countsSupportModel, itemsInModel, supportOf } from './tasks/neighbour-counts.js';
export type { CountsCatalogue } from './tasks/neighbour-counts.js';
export { reportedItems } from './tasks/item-counts.js';
export type { ItemCount, ItemCountsReport } from './tasks/item-counts.js';
export { untrainedMlp } from './tasks/reranker-mlp.js';
export { publicLinear, untrainedLinear } from './tasks/reranker-newton.js';
export { towerExamples } from './tasks/tower-gradients.js';
export { decodeTower, servedTower, untrainedTowerModel } from './tasks/tower-model.js';
export type { DecodedTower } from './tasks/tower-model.js';
export { warmStart } from './tasks/warm-start.js';
export { releasedCounts, rerankerOf } from './serving.js';
export * from './optimisers/index.js';
export { applySum, prepareInput, requireCoherent } from './pipeline.js';
export type { InputContext, InputReport, PreparedInput, SumContext } from './pipeline.js';
export { planJobs } from './jobs/plan.js';
export type { JobPlanOptions, PlannedJob } from './jobs/options.js';
export { isOfCatalogue, jobsOfTask } from './jobs/kinds.js';
export type { JobKind, TaskChoice } from './jobs/kinds.js';
export { DEFAULT_DEADLINES } from './jobs/defaults.js';
export { lossesSurvived, rosterFor } from './jobs/roster.js';
export type { RosterWishes } from './jobs/roster.js';
