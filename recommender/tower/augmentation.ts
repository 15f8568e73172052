import { shuffle, uniform, uniformBelow } from '../random.js';
import type { RandomSource } from '../random.js';
import type { TowerExample } from './batch.js';

/** How a shopper's sequence is varied from one epoch to the next (as in S3-Rec and CL4SRec: Zhou et al. 2020, Xie et al. 2022). */
export interface Augmentation {
  /** Chance that the example ends at a random earlier event instead of the newest. @default 0.5 */
  readonly crop: number;
  /** Chance that an event of the history is left out; the last one stays. @default 0.1 */
  readonly mask: number;
  /** Chance that a run of a third of the history is shuffled. @default 0.1 */
  readonly reorder: number;
}

/** Chosen without looking at test items; see `TRAINING_DEFAULTS`. */
export const DEFAULT_AUGMENTATION: Augmentation = { crop: 0.5, mask: 0.1, reorder: 0.1 };

const REORDERED_SHARE = 1 / 3;

/**
 * One example of a shopper's sequence. Whatever is drawn, it holds that shopper's events only.
 * @param sequence at least two events, oldest first
 */
export function augmented(
  sequence: Int32Array,
  { crop, mask, reorder }: Augmentation,
  random: RandomSource,
): TowerExample {
  const cropped = uniform(random) < crop;
  const end = cropped ? 1 + uniformBelow(random, sequence.length - 1) : sequence.length - 1;
  const last = end - 1;
  const history = sequence.slice(0, end).filter((_, at) => at === last || uniform(random) >= mask);
  if (uniform(random) < reorder) {
    const length = Math.ceil(history.length * REORDERED_SHARE);
    const start = uniformBelow(random, history.length - length + 1);
    shuffle(history.subarray(start, start + length), random);
  }
  return { history, target: sequence[end] ?? -1 };
}

/** The newest event after all others. @param sequence at least two events */
export function newestExample(sequence: Int32Array): TowerExample {
  return { history: sequence.subarray(0, -1), target: sequence.at(-1) ?? -1 };
}
