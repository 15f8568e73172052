import type { PlannedJob } from '../../federation/index.js';
import { uploadBytes } from '../../federation/index.js';
import type { Contract } from '../../proto/index.js';
import type { MerchantReport, RoundReport } from './report.js';

/** What the sentences are made from: all of it figures of this run. */
export interface Witnessed {
  readonly planned: readonly PlannedJob[];
  readonly rounds: readonly RoundReport[];
  readonly merchants: readonly MerchantReport[];
}

/** What the coordinator saw in this run, a sentence each. */
export function whatItSaw({ planned, rounds, merchants }: Witnessed): string[] {
  const vectors = rounds.reduce((sum, round) => sum + round.survivors.length, 0);
  const lengths = planned.map(({ job, template }) => `${template.dimension} words in ${job}`).join(', ');
  const refusals = rounds.reduce((sum, round) => sum + round.declined.length, 0);
  const sums = rounds.filter(({ status }) => status === 'done');
  const fewest = Math.min(...sums.map(({ survivors }) => survivors.length));
  return [
    `The names, public keys and network addresses of ${merchants.length} merchants, and who took part in which of the ${rounds.length} rounds.`,
    `${vectors} masked vectors (${lengths}): each alone is indistinguishable from random words to it, and of a length that the contract fixed.`,
    `${sums.length} sums over at least ${fewest} merchants each: ${planned.map(noiseSentence).join('; ')}.`,
    ...(refusals === 0 ? [] : [`${refusals} refusals to take part in a round, each by its code and nothing else.`]),
    'The models that follow from those sums, which it published to all.',
  ];
}

/** What it could not see, a sentence each. */
export function whatItCouldNotSee({ planned, merchants }: Witnessed): string[] {
  const largest = Math.max(...planned.map(({ template }) => uploadBytes(template)));
  const advantages = merchants.flatMap(({ advantage }) => (advantage === null ? [] : [advantage]));
  const shopper =
    advantages.length === 0
      ? 'NOT HIDDEN BY NOISE: single shoppers. No noise was added, so nothing is promised about what the sums and models tell of them.'
      : `Whether one shopper's history was used: after all rounds, the best guess is right with probability at most ${guess(Math.max(...advantages))}.`;
  const colluders = Math.min(...planned.map(({ template }) => template.roster?.colluders ?? 1));
  return [
    `Any merchant's own vector, even if it lied and ${colluders === 1 ? 'one merchant' : `${colluders} merchants`} helped it: masks come off sums of survivors only, and only after they signed who survived.`,
    'A purchase, an item history or a shopper id: none is ever in a message.',
    `How many shoppers a merchant has or sampled: every upload to a job has the same length, ${largest} bytes at most.`,
    shopper,
  ];
}

function guess(advantage: number): string {
  return ((1 + advantage) / 2).toFixed(3);
}

function noiseSentence({ job, template }: PlannedJob): string {
  return `${job} with ${describeNoise(template)}`;
}

function describeNoise({ privacy }: Contract): string {
  const mechanism = privacy?.mechanism;
  switch (mechanism?.$case) {
    case 'gaussian':
      return `Gaussian noise of ${mechanism.value.noiseMultiplier.toFixed(2)} times what one shopper can change`;
    case 'local': {
      const { noiseMultiplier, localSteps } = mechanism.value;
      return `Gaussian noise of ${noiseMultiplier.toFixed(2)} times what one shopper can change, added by each merchant alone in each of ${localSteps} local steps`;
    }
    case 'laplace': {
      const { epsilonNumerator, epsilonDenominator, l1Bound } = mechanism.value;
      return `Laplace noise of scale ${((l1Bound * epsilonDenominator) / epsilonNumerator).toFixed(2)} on every count, where one shopper adds ${l1Bound} at most`;
    }
    case 'none':
    case undefined:
      return 'NO NOISE';
  }
}
