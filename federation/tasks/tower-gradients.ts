import { GuildhallError } from '../../errors/index.js';
import type { ClipOutcome, RandomSource } from '../../privacy/index.js';
import { TowerClipping, newestExample } from '../../recommender/index.js';
import type { ClippedPass, TowerExample } from '../../recommender/index.js';
import type { RoundTerms } from '../contract/terms.js';
import { expectKind } from '../model.js';
import type { Contribution, Task } from './task.js';
import type { TrainingData } from './training-data.js';
import { decodeTower, steppedTower } from './tower-model.js';
import type { DecodedTower } from './tower-model.js';

/** Most negatives that a contract may ask for. */
const MOST_NEGATIVES = 4096;
/**
 * Share of the clip norm given away so that single precision cannot exceed it: norms and sums of a pass are exact to
 * about 10⁻⁶ of a shopper's bound for each shopper in it, so this covers 8,000 shoppers a round.
 */
const HEADROOM = 1 - 2 ** -7;

/**
 * FedSGD of the text tower: the sum over Poisson-sampled shoppers of their clipped gradients, over a fixed public
 * denominator, moves what the model's form trains by a server optimiser. A shopper's gradient is that of one example,
 * its newest released event after all earlier ones, told from negatives that are drawn from the catalogue before any
 * shopper is looked at: nothing in it depends on another shopper.
 */
export const towerGradients: Task = {
  name: 'tower-gradients',
  mechanisms: ['gaussian', 'none'],
  unit: 'shopper',

  dimension(model) {
    return decodeTower(expectKind(model, 'tower')).trained.length;
  },

  async *contribute({ terms, model, data, sampled, random }): AsyncGenerator<Contribution> {
    const { negatives } = gradientTerms(terms);
    if (terms.mechanism.kind === 'laplace') throw new TypeError('gradients have no Laplace noise');
    const { clipNorm } = terms.mechanism;
    const tower = decodeTower(expectKind(model, 'tower'));
    yield* clippedPasses(data, tower, { sampled, clipNorm, negatives, random, onStep: data.seat.onStep });
  },

  apply({ terms, model, sum }) {
    const { optimiser, expectedShoppers } = gradientTerms(terms);
    const update = sum.map((value) => -value / expectedShoppers);
    return steppedTower(expectKind(model, 'tower'), update, { optimiser, steps: terms.steps });
  },
};

/** One step of {@link clippedPasses}. */
export interface ClippedStep {
  readonly sampled: Uint32Array;
  readonly clipNorm: number;
  readonly negatives: number;
  readonly random: RandomSource;
  /** Called after every pass with the share of the shoppers that are done; what it throws ends the step. */
  readonly onStep?: ((done: number) => void) | undefined;
}

/**
 * Clipped sums of sampled shoppers' gradients at a tower's present values, pass by pass, spread over the seat's threads.
 * @throws GuildhallError MODEL_MALFORMED for a tower that reads other texts; CONTRACT_MALFORMED for too many negatives
 */
export async function* clippedPasses(
  data: TrainingData,
  { form, base, trained, encoder }: DecodedTower,
  { sampled, clipNorm, negatives, random, onStep }: ClippedStep,
): AsyncGenerator<Contribution, void, undefined> {
  requireEncoder(encoder, data);
  if (negatives < 1 || negatives > MOST_NEGATIVES) {
    throw new GuildhallError('CONTRACT_MALFORMED', `A round draws 1 to ${MOST_NEGATIVES} negatives, not ${negatives}.`);
  }
  const { threads } = data.seat;
  const bound = clipNorm * HEADROOM;
  const point = { form, base, trained };
  const clipping = new TowerClipping(data.engine, point, data.text, { negatives, random, threads });
  try {
    const examples = towerExamples(data, sampled);
    let passed = 0;
    for await (const pass of clipping.passes(examples, bound)) {
      yield contributionOf(clipping, pass, bound);
      passed += pass.examples.length;
      onStep?.(passed / examples.length);
    }
  } finally {
    clipping.dispose();
  }
}

/** Shoppers whose gradient is not finite are taken out, and the others passed again, so that they lose nothing. */
function contributionOf(clipping: TowerClipping, pass: ClippedPass, bound: number): Contribution {
  const { examples, sum, norms } = pass;
  const isFinite = norms.every(Number.isFinite) && sum.every(Number.isFinite);
  const sound = isFinite ? examples : examples.filter((example) => clipping.isFinite(example));
  const outcomes: Record<ClipOutcome, number> = { kept: 0, clipped: 0, rejected: examples.length - sound.length };
  const again = isFinite ? pass : clipping.pass(sound, bound);
  for (const norm of again.norms) outcomes[norm > bound ? 'clipped' : 'kept'] += 1;
  return { form: 'clipped', sum: again.sum, outcomes };
}

/** One example a shopper, from released events only; shoppers with fewer than two teach nothing. */
export function towerExamples(data: TrainingData, sampled: Uint32Array): TowerExample[] {
  return Array.from(sampled, (shopper) => data.releasedHistory(shopper))
    .filter(({ length }) => length >= 2)
    .map(newestExample);
}

/** @throws GuildhallError MODEL_MALFORMED when a tower reads other texts than the merchant has */
export function requireEncoder(encoder: string, data: TrainingData): void {
  if (encoder === data.text.encoder) return;
  throw new GuildhallError(
    'MODEL_MALFORMED',
    `The tower reads texts by ${encoder}, this merchant's are by ${data.text.encoder}.`,
  );
}

function gradientTerms({ task }: RoundTerms) {
  if (task.$case !== 'towerGradients') throw new TypeError(`not terms of a tower's gradient round: ${task.$case}`);
  return task.value;
}
