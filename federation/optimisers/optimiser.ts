import type { ServerOptimiser as OptimiserTerms } from '../../proto/index.js';

/**
 * A server optimiser's state over P parameters: plain arrays, a function of released sums only, so it travels with
 * the model. Single precision, because that is what is published.
 */
export interface OptimiserState {
  /** Steps taken. */
  readonly steps: number;
  /** The present iterate, length P. What is served may be an average of iterates; see {@link servedParameters}. */
  readonly iterate: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  /** Running mean of the last iterates, and how many it holds. */
  readonly average: Float32Array;
  readonly averaged: number;
}

/** How far one step moves each parameter, given the moments: the part in which server optimisers differ. */
export interface ServerOptimiser {
  readonly name: string;
  /**
   * One parameter's step.
   * @param update the round's mean update (the direction that lowers the loss), one coordinate
   * @param moments the state before the step, this coordinate
   * @param step 1-based
   * @returns the moments after the step, and the movement at learning rate 1
   */
  move(update: number, moments: Moments, step: number, terms: OptimiserTerms): Moments & { readonly movement: number };
}

/** First and second moment of one coordinate. */
export interface Moments {
  readonly first: number;
  readonly second: number;
}

/** The state before the first step. */
export function initialState(parameters: Float32Array): OptimiserState {
  const zeros = (): Float32Array => new Float32Array(parameters.length);
  return {
    steps: 0,
    iterate: parameters.slice(),
    firstMoment: zeros(),
    secondMoment: zeros(),
    average: zeros(),
    averaged: 0,
  };
}

/**
 * Takes one step of the job: moves the iterate and, within the last share of the steps, averages it.
 * @param update mean update over the cohort, length P, pointing where the loss falls
 * @param totalSteps steps of the whole job, which the schedule and the averaging are laid over
 */
export function optimiserStep(
  optimiser: ServerOptimiser,
  state: OptimiserState,
  update: Float64Array,
  terms: OptimiserTerms,
  totalSteps: number,
): OptimiserState {
  const step = state.steps + 1;
  const rate = learningRate(terms, step, totalSteps);
  const iterate = state.iterate.slice();
  const firstMoment = state.firstMoment.slice();
  const secondMoment = state.secondMoment.slice();
  for (let i = 0; i < iterate.length; i++) {
    const moments = { first: firstMoment[i] ?? 0, second: secondMoment[i] ?? 0 };
    const next = optimiser.move(update[i] ?? 0, moments, step, terms);
    firstMoment[i] = next.first;
    secondMoment[i] = next.second;
    iterate[i] = (iterate[i] ?? 0) + rate * next.movement;
  }
  const averages = step > totalSteps * (1 - terms.averageLast);
  const averaged = averages ? state.averaged + 1 : state.averaged;
  const average = averages
    ? state.average.map((mean, i) => mean + ((iterate[i] ?? 0) - mean) / averaged)
    : state.average;
  return { steps: step, iterate, firstMoment, secondMoment, average, averaged };
}

/** The parameters to serve: the average of the last iterates (Polyak), or the iterate before averaging began. */
export function servedParameters(state: OptimiserState): Float32Array {
  return state.averaged > 0 ? state.average : state.iterate;
}

/** Linear warm-up, then a linear fall to `finalLearningRate` (a share of the rate) at the last step. */
function learningRate(terms: OptimiserTerms, step: number, totalSteps: number): number {
  const warmup = terms.warmupSteps > 0 ? Math.min(1, step / terms.warmupSteps) : 1;
  const decay = 1 - (1 - terms.finalLearningRate) * (step / totalSteps);
  return terms.learningRate * warmup * decay;
}
