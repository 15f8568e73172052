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
} from './noise/noiseShare.js';
export type {
  GaussianNoiseTerms,
  GaussianReleaseNoise,
  LaplaceNoiseTerms,
  LaplaceReleaseNoise,
  NoiseShare,
  NoiseTerms,
  ReleaseNoise,
  SurvivalTerms,
} from './noise/noiseShare.js';
export { finestParts, remainingNoise, removableComponents, removableShares } from './noise/removableNoise.js';
export type { RosterNoise } from './noise/removableNoise.js';
export { discreteGaussianVariance, sampleDiscreteGaussian } from './noise/discreteGaussian.js';
export type { DiscreteGaussianVariance } from './noise/discreteGaussian.js';
export { dyadicExponent } from './noise/bernoulliExp.js';
export type { DyadicExponent } from './noise/bernoulliExp.js';
export { sampleDiscreteLaplace } from './noise/discreteLaplace.js';
export { polyaTerms, samplePolya } from './noise/polya.js';
export type { PolyaTerms } from './noise/polya.js';
export { sampleSkellam, skellamTerms } from './noise/skellam.js';
export type { PoissonTerms } from './noise/poisson.js';
export type { Ray, TiledLaw, Tiling, WeightBounds } from './noise/tiling.js';
export { accountedGaussian, drawnNoiseMultiplier } from './noise/accountedNoise.js';
export type { DrawnGaussian } from './noise/accountedNoise.js';

export { clipCounts, ClippedSum } from './mechanism/clipping.js';
export type { ClippedCounts, ClipOutcome } from './mechanism/clipping.js';
export { nextClipNorm, quantileSplit, readQuantileRelease, withClipBit } from './mechanism/adaptiveClipping.js';
export type { QuantileRelease, QuantileSplit } from './mechanism/adaptiveClipping.js';
export { chooseScale, clampTo, countSensitivity, gaussianSensitivity, roundOnce } from './mechanism/quantisation.js';
export type { GaussianSensitivityTerms, ScaleTerms } from './mechanism/quantisation.js';
export { gaussianClamp, laplaceClamp } from './mechanism/noWrap.js';
export type { RingTerms } from './mechanism/noWrap.js';
export { poissonSample } from './mechanism/poissonSampling.js';
export type { RationalRate } from './mechanism/poissonSampling.js';

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
export { gaussianDelta, gaussianEpsilon, gaussianNoiseMultiplier } from './accounting/analyticGaussian.js';
export { sampledGaussianDelta } from './accounting/exactSampledGaussian.js';
export type { Adjacency, SampledGaussian } from './accounting/exactSampledGaussian.js';
export {
  discreteGaussianDelta,
  discreteGaussianDeviation,
  discreteGaussianMoments,
} from './accounting/exactDiscreteGaussian.js';
export type { DiscreteGaussian } from './accounting/exactDiscreteGaussian.js';
export { zcdpDelta, zcdpEpsilon, zcdpRho } from './accounting/zeroConcentrated.js';
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

export { epsilonLowerBound, guessingPValue } from './audit/binomialBound.js';
export type { PrivacyPoint } from './audit/binomialBound.js';
export { rulesOut } from './audit/profileBound.js';
export type { PrivacyProfile } from './audit/profileBound.js';
export { gaussianLowerBound, gaussianProfile } from './audit/gaussianBound.js';
export type { GaussianLowerBound } from './audit/gaussianBound.js';
export { mostConfident, recordOf } from './audit/record.js';
export type { GuessRecord } from './audit/record.js';
