import { GuildhallError } from '../../errors/index.js';
import type { ClipOutcome } from '../../privacy/index.js';
import { TowerClipping, newestExample } from '../../recommender/index.js';
import type { TowerExample } from '../../recommender/index.js';
import type { RoundTerms } from '../contract/terms.js';
import { expectKind } from '../model.js';
import type { Contribution, Task } from './task.js';
import type { TrainingData } from './training-data.js';
import { decodeTower, steppedTower } from './tower-model.js';

/** Shoppers a pass. */
const BATCH = 64;
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

  *contribute({ terms, model, data, sampled, random }): Generator<Contribution> {
    const { negatives } = gradientTerms(terms);
    if (terms.mechanism.kind === 'laplace') throw new TypeError('gradients have no Laplace noise');
    const { form, base, trained, encoder } = decodeTower(expectKind(model, 'tower'));
    requireEncoder(encoder, data);
    const bound = terms.mechanism.clipNorm * HEADROOM;
    const clipping = new TowerClipping(data.engine, { form, base, trained }, data.text, { negatives, random });
    try {
      const examples = towerExamples(data, sampled);
      for (let start = 0; start < examples.length; start += BATCH) {
        yield passOf(clipping, examples.slice(start, start + BATCH), bound);
      }
    } finally {
      clipping.dispose();
    }
  },

  apply({ terms, model, sum }) {
    const { optimiser, expectedShoppers } = gradientTerms(terms);
    const update = sum.map((value) => -value / expectedShoppers);
    return steppedTower(expectKind(model, 'tower'), update, { optimiser, steps: terms.steps });
  },
};

/** Shoppers whose gradient is not finite are taken out, and the others passed again, so that they lose nothing. */
function passOf(clipping: TowerClipping, examples: readonly TowerExample[], bound: number): Contribution {
  const { sum, norms } = clipping.pass(examples, bound);
  const isFinite = norms.every(Number.isFinite) && sum.every(Number.isFinite);
  const sound = isFinite ? examples : examples.filter((example) => clipping.isFinite(example));
  const outcomes: Record<ClipOutcome, number> = { kept: 0, clipped: 0, rejected: examples.length - sound.length };
  const again = isFinite ? { sum, norms } : clipping.pass(sound, bound);
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
  const { negatives } = task.value;
  if (negatives < 1 || negatives > MOST_NEGATIVES) {
    throw new GuildhallError('CONTRACT_MALFORMED', `A round draws 1 to ${MOST_NEGATIVES} negatives, not ${negatives}.`);
  }
  return task.value;
}
