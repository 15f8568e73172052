import type { Command } from 'commander';
import { addCommand, addGroup } from '../invocation.js';
import type { Io } from '../io.js';
import { integer, optional, real, required } from '../options.js';
import { renderPairs } from '../table.js';

interface ScheduleOptions {
  readonly samplingRate: number;
  readonly steps: number;
  readonly delta: number;
}

type EpsilonOptions = ScheduleOptions & { readonly noiseMultiplier: number };
type CalibrateOptions = ScheduleOptions & { readonly epsilon: number };

const SCHEDULE = [
  optional('--sampling-rate <q>', 'each shopper takes part in a step with this chance', real({ above: 0, max: 1 }), 1),
  optional('--steps <count>', 'how many noisy sums are released', integer({ min: 1, max: 10_000_000 }), 1),
  required('--delta <delta>', 'δ at which ε is reported', real({ above: 0, below: 1 })),
];

const NOTES = `The unit is one shopper's whole history at one merchant, added or removed. ε is by Rényi differential privacy of
the Poisson-subsampled Gaussian, the accountant that enforces budgets. The advantage bounds an attacker who knows all
else and guesses whether one shopper's data was used: right with probability at most (1 + advantage) / 2.`;

/** `guildhall privacy`: the accountant that the merchants' ledgers enforce, for planning. */
export function addPrivacyCommands(program: Command, io: Io): void {
  const group = addGroup(
    program,
    'privacy',
    'Compute what a schedule of noisy sums spends, or the noise that it needs.',
  );

  addCommand<EpsilonOptions>(group, io, {
    usage: 'epsilon',
    description: 'Print ε at δ, and the advantage, of a schedule of Gaussian sums.',
    options: [
      required(
        '--noise-multiplier <z>',
        "the noise's standard deviation over the sensitivity",
        real({ min: 1e-3, max: 1e9 }),
      ),
      ...SCHEDULE,
    ],
    notes: NOTES,
    async run({ result }, options) {
      const { delta } = options;
      const spent = await account(options, options.noiseMultiplier);
      result({ rdp: spent.epsilon, order: spent.order, delta, advantage: spent.advantage }, () =>
        describe(spent, delta),
      );
    },
  });

  addCommand<CalibrateOptions>(group, io, {
    usage: 'calibrate',
    description: 'Print the least noise multiplier that keeps a schedule within (ε, δ).',
    options: [
      required('--epsilon <epsilon>', 'ε that the whole schedule may spend', real({ min: 1e-4, max: 1e6 })),
      ...SCHEDULE,
    ],
    notes: NOTES,
    async run({ result }, options) {
      const { calibrateNoiseMultiplier } = await import('../../privacy/index.js');
      const { epsilon, delta, samplingRate, steps } = options;
      const noiseMultiplier = calibrateNoiseMultiplier({ epsilon, delta, samplingRate, steps });
      const spent = await account(options, noiseMultiplier);
      result({ noiseMultiplier, rdp: spent.epsilon, order: spent.order, delta, advantage: spent.advantage }, () =>
        renderPairs([['noise multiplier', String(noiseMultiplier)]]).concat('\n', describe(spent, delta)),
      );
    },
  });
}

interface Spending {
  readonly epsilon: number;
  readonly order: number;
  readonly advantage: number;
}

async function account({ samplingRate, steps, delta }: ScheduleOptions, noiseMultiplier: number): Promise<Spending> {
  const { advantageAtMost, epsilonFromRdp, rdpCurve } = await import('../../privacy/index.js');
  const events = [{ kind: 'gaussian', noiseMultiplier, samplingRate, steps }] as const;
  return { ...epsilonFromRdp(rdpCurve(events), delta), advantage: advantageAtMost(events) };
}

function describe({ epsilon, order, advantage }: Spending, delta: number): string {
  return renderPairs([
    ['epsilon (RDP)', `${epsilon} at delta ${delta} (order ${order})`],
    ['advantage', `at most ${advantage}`],
  ]);
}
