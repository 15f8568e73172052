/**
 * Differential privacy: clipping, exact noise, accounting and budget rules, pure.
 *
 * mechanism/ bounds what one shopper can change and turns a merchant's sum into integers; noise/ draws a merchant's share
 * of the noise exactly; accounting/ says what releases cost in ε and in advantage, and how much noise a target needs;
 * ledger/ chains what was spent and holds it against the merchant's ceilings; audit/ bounds ε from below by what an attacker
 * guessed right.
 *
 * Imports errors only. Never knows keys, wires, models or files: randomness is an argument.
 */
export { Coins } from './noise/random.js';
export type { RandomSource } from './noise/random.js';
export {
  honestSurvivors,
  MAXIMUM_SHARE_DEVIATION,
  MINIMUM_SHARE_DEVIATION,
  noiseFraction,
  NoiseSampler,
  noiseShare,
  sampleNoise,
} from './noise/noise-share.js';
export type {
  GaussianReleaseNoise,
  LaplaceReleaseNoise,
  NoiseShare,
  ReleaseNoise,
  SurvivalTerms,
} from './noise/noise-share.js';
export { finestParts, remainingNoise, removableComponents, removableShares } from './noise/removable-noise.js';
export type { RosterNoise } from './noise/removable-noise.js';
export { discreteGaussianVariance, sampleDiscreteGaussian } from './noise/discrete-gaussian.js';
export type { DiscreteGaussianVariance } from './noise/discrete-gaussian.js';
export { dyadicExponent } from './noise/bernoulli-exp.js';
export type { DyadicExponent } from './noise/bernoulli-exp.js';
export { sampleDiscreteLaplace } from './noise/discrete-laplace.js';
export { polyaTerms, samplePolya } from './noise/polya.js';
export type { PolyaTerms } from './noise/polya.js';
export { sampleSkellam, skellamTerms } from './noise/skellam.js';
export type { PoissonTerms } from './noise/poisson.js';
export type { Ray, TiledLaw, Tiling, WeightBounds } from './noise/tiling.js';
export { drawnNoiseMultiplier } from './noise/drawn-noise.js';

export { clipCounts, ClippedSum } from './mechanism/clipping.js';
export type { ClippedCounts, ClipOutcome } from './mechanism/clipping.js';
export { nextClipNorm, quantileSplit, readQuantileRelease, withClipBit } from './mechanism/adaptive-clipping.js';
export type { QuantileRelease, QuantileSplit } from './mechanism/adaptive-clipping.js';
export { chooseScale, clampTo, countSensitivity, gaussianSensitivity, roundOnce } from './mechanism/quantisation.js';
export type { GaussianSensitivityTerms, ScaleTerms } from './mechanism/quantisation.js';
export { gaussianClamp, laplaceClamp } from './mechanism/no-wrap.js';
export type { RingTerms } from './mechanism/no-wrap.js';
export { poissonSample } from './mechanism/poisson-sampling.js';
export type { RationalRate } from './mechanism/poisson-sampling.js';

export type {
  DiscreteGaussianEvent,
  DiscreteLaplaceEvent,
  GaussianEvent,
  LaplaceEvent,
  MechanismEvent,
  PureEvent,
  SkellamEvent,
} from './accounting/events.js';
export { DEFAULT_ORDERS, deltaFromRdp, epsilonFromRdp, epsilonOf, rdpCurve } from './accounting/rdp.js';
export type { RdpCurve } from './accounting/rdp.js';
export {
  calibrate,
  calibrateNoiseMultiplier,
  calibrateSamplingRate,
  calibrateSteps,
  epsilonBy,
} from './accounting/calibration.js';
export type {
  Accountant,
  CalibrationGoal,
  NoiseMultiplierGoal,
  SamplingRateGoal,
  StepsGoal,
} from './accounting/calibration.js';
export { gaussianDelta, gaussianEpsilon, gaussianNoiseMultiplier } from './accounting/analytic-gaussian.js';
export { sampledGaussianDelta } from './accounting/exact-sampled-gaussian.js';
export type { Adjacency, SampledGaussian } from './accounting/exact-sampled-gaussian.js';
export {
  discreteGaussianDelta,
  discreteGaussianDeviation,
  discreteGaussianMoments,
} from './accounting/exact-discrete-gaussian.js';
export type { DiscreteGaussian } from './accounting/exact-discrete-gaussian.js';
export { zcdpDelta, zcdpEpsilon, zcdpRho } from './accounting/zero-concentrated.js';
export { pldDelta, pldDeltaBounds, pldEpsilon, pldEpsilonBounds } from './accounting/pld.js';
export type { Bounds, PldOptions } from './accounting/pld.js';
export { advantageAtMost } from './accounting/advantage.js';

export { planRounds } from './planning/plan.js';
export type { PlanGoal, PlanRow } from './planning/plan.js';
export { eventOf, eventsOf } from './ledger/entries.js';
export type { JournalEntry, LedgerEntry, Release } from './ledger/entries.js';
export { scheduleEpsilon, schedulesEpsilon } from './ledger/schedules.js';
export { EMPTY_LEDGER, headAfter, nextRecord, soundPrefix, verifyLedger } from './ledger/chain.js';
export type { LedgerHead, LedgerRecord } from './ledger/chain.js';
export { historyWith, periodStart, requireBudget, spendingOf, summarise, wouldSpend } from './ledger/budget.js';
export type {
  BudgetPeriod,
  BudgetVerdict,
  EpsilonBudget,
  LedgerSummary,
  ProposedSpending,
  ShownSpending,
  Spending,
} from './ledger/budget.js';

export { epsilonLowerBound, guessingPValue } from './audit/binomial-bound.js';
export type { PrivacyPoint } from './audit/binomial-bound.js';
export { rulesOut } from './audit/profile-bound.js';
export type { PrivacyProfile } from './audit/profile-bound.js';
export { gaussianLowerBound, gaussianProfile } from './audit/gaussian-bound.js';
export type { GaussianLowerBound } from './audit/gaussian-bound.js';
export { mostConfident, recordOf } from './audit/record.js';
export type { GuessRecord } from './audit/record.js';
