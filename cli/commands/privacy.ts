import { performance } from 'node:perf_hooks';
import { Option } from 'commander';
import type { Command } from 'commander';
import { GuildhallError } from '../../errors/index.js';
import type { Accountant, MechanismEvent } from '../../privacy/index.js';
import { addCommand, addGroup } from '../invocation.js';
import type { Io } from '../io.js';
import { integer, optional, real, required } from '../options.js';
import { renderPairs } from '../table.js';
import { addPlanCommand } from './privacy-plan.js';

interface ScheduleOptions {
  readonly samplingRate: number;
  readonly steps: number;
  readonly delta: number;
}

type EpsilonOptions = ScheduleOptions & { readonly noiseMultiplier: number; readonly bounds?: true };

/** What `calibrate` can look for. */
const SOUGHT = ['noise-multiplier', 'steps', 'sampling-rate'] as const;
const ACCOUNTANTS = ['tighter', 'rdp', 'pld'] as const satisfies readonly Accountant[];

type CalibrateOptions = Partial<Omit<ScheduleOptions, 'delta'>> & {
  readonly delta: number;
  readonly epsilon: number;
  readonly noiseMultiplier?: number;
  readonly find: (typeof SOUGHT)[number];
  readonly accountant: (typeof ACCOUNTANTS)[number];
};

const RATE = {
  flags: '--sampling-rate <q>',
  description: 'each shopper takes part in a step with this chance',
  parse: real({ above: 0, max: 1 }),
};
const STEPS = {
  flags: '--steps <count>',
  description: 'how many noisy sums are released',
  parse: integer({ min: 1, max: 10_000_000 }),
};
const NOISE = {
  flags: '--noise-multiplier <z>',
  description: "the noise's standard deviation over the sensitivity",
  parse: real({ min: 1e-3, max: 1e9 }),
};
const DELTA = required('--delta <delta>', 'δ at which ε is reported', real({ above: 0, below: 1 }));

const NOTES = `The unit is one shopper's whole history at one merchant, added or removed. Two accountants of the Poisson-subsampled
Gaussian are printed. Budgets are enforced by the first, Rényi differential privacy (rdp): it holds also when later steps
are chosen after seeing earlier results. Privacy loss distributions (pld) are tighter, and hold only for a schedule that is
fixed before its first step. The advantage bounds an attacker who knows all else and guesses whether one shopper's data was
used: right with probability at most (1 + advantage) / 2. computeSeconds is the time that the accountants took.`;

/** `guildhall privacy`: the accountant that the merchants' ledgers enforce, and the tighter one, for planning. */
export function addPrivacyCommands(program: Command, io: Io): void {
  const group = addGroup(
    program,
    'privacy',
    'Compute what a schedule of noisy sums spends, or the noise that it needs.',
  );

  addCommand<EpsilonOptions>(group, io, {
    usage: 'epsilon',
    description: 'Print ε at δ by both accountants, and the advantage, of a schedule of Gaussian sums.',
    options: [
      required(NOISE.flags, NOISE.description, NOISE.parse),
      optional(RATE.flags, RATE.description, RATE.parse, 1),
      optional(STEPS.flags, STEPS.description, STEPS.parse, 1),
      DELTA,
      new Option('--bounds', 'also print a lower bound of the exact ε, which shows how tight pld is'),
    ],
    notes: NOTES,
    async run({ result }, options) {
      const spent = await account(options, options);
      const lower = options.bounds === true ? await lowerBound(options, options) : undefined;
      result({ ...spent, ...lower }, () => describe({ ...spent, ...lower }));
    },
  });

  addCommand<CalibrateOptions>(group, io, {
    usage: 'calibrate',
    description: 'Print the least noise, or the most steps or highest sampling rate, within (ε, δ).',
    options: [
      required('--epsilon <epsilon>', 'ε that the whole schedule may spend', real({ min: 1e-4, max: 1e6 })),
      DELTA,
      new Option('--find <what>', 'what to look for; the others must be given')
        .choices([...SOUGHT])
        .default('noise-multiplier'),
      optional(RATE.flags, `${RATE.description} (default: 1)`, RATE.parse),
      optional(STEPS.flags, `${STEPS.description} (default: 1)`, STEPS.parse),
      optional(NOISE.flags, NOISE.description, NOISE.parse),
      new Option('--accountant <name>', 'whose ε must meet the target; what is to fit a budget needs rdp')
        .choices([...ACCOUNTANTS])
        .default('tighter'),
    ],
    notes: NOTES,
    async run({ result }, options) {
      const start = performance.now();
      const schedule = await search(options);
      const searched = seconds(start);
      const spent = await account(schedule, options);
      const { noiseMultiplier, samplingRate, steps } = schedule;
      const { accountant } = options;
      const computeSeconds = searched + spent.computeSeconds;
      result({ noiseMultiplier, samplingRate, steps, accountant, ...spent, computeSeconds }, () =>
        renderPairs([
          ['noise multiplier', String(noiseMultiplier)],
          ['sampling rate', String(samplingRate)],
          ['steps', String(steps)],
          ['calibrated by', accountant],
        ]).concat('\n', describe({ ...spent, computeSeconds })),
      );
    },
  });

  addPlanCommand(group, io);
}

/** A schedule of equal Gaussian sums. */
interface Schedule {
  readonly noiseMultiplier: number;
  readonly samplingRate: number;
  readonly steps: number;
}

/** What a schedule spends, as the commands print it. */
interface Spending {
  /** ε by Rényi divergences. */
  readonly rdp: number;
  /** The order that gave it. */
  readonly order: number;
  /** ε by privacy loss distributions, from above. */
  readonly pld: number;
  /** The same from below. */
  readonly pldLower?: number;
  /** Which of them budgets are held against. */
  readonly enforced: 'rdp';
  readonly delta: number;
  readonly advantage: number;
  readonly computeSeconds: number;
}

function eventsOf({ noiseMultiplier, samplingRate, steps }: Schedule): MechanismEvent[] {
  return [{ kind: 'gaussian', noiseMultiplier, samplingRate, steps }];
}

function seconds(start: number): number {
  return (performance.now() - start) / 1000;
}

async function account(schedule: Schedule, { delta }: { readonly delta: number }): Promise<Spending> {
  const { advantageAtMost, epsilonFromRdp, pldEpsilon, rdpCurve } = await import('../../privacy/index.js');
  const events = eventsOf(schedule);
  const start = performance.now();
  const { epsilon: rdp, order } = epsilonFromRdp(rdpCurve(events), delta);
  const pld = pldEpsilon(events, delta);
  const advantage = advantageAtMost(events);
  return { rdp, order, pld, enforced: 'rdp', delta, advantage, computeSeconds: seconds(start) };
}

async function lowerBound(
  schedule: Schedule,
  { delta }: { readonly delta: number },
): Promise<Pick<Spending, 'pldLower'>> {
  const { pldEpsilonBounds } = await import('../../privacy/index.js');
  return { pldLower: pldEpsilonBounds(eventsOf(schedule), delta).lower };
}

/** The schedule with what was looked for filled in. */
async function search(options: CalibrateOptions): Promise<Schedule> {
  const privacy = await import('../../privacy/index.js');
  const { epsilon, delta, accountant, samplingRate = 1, steps = 1 } = options;
  const target = { epsilon, delta, accountant };
  if (options.find === 'noise-multiplier') {
    if (options.noiseMultiplier !== undefined) throw unwanted('--noise-multiplier', options.find);
    return {
      noiseMultiplier: privacy.calibrateNoiseMultiplier({ ...target, samplingRate, steps }),
      samplingRate,
      steps,
    };
  }
  const { noiseMultiplier } = options;
  if (noiseMultiplier === undefined)
    throw new GuildhallError('USAGE', `To find ${options.find}, --noise-multiplier must be given.`);
  if (options.find === 'steps') {
    if (options.steps !== undefined) throw unwanted('--steps', options.find);
    return {
      noiseMultiplier,
      samplingRate,
      steps: privacy.calibrateSteps({ ...target, noiseMultiplier, samplingRate }),
    };
  }
  if (options.samplingRate !== undefined) throw unwanted('--sampling-rate', options.find);
  return { noiseMultiplier, samplingRate: privacy.calibrateSamplingRate({ ...target, noiseMultiplier, steps }), steps };
}

function unwanted(flag: string, sought: string): GuildhallError {
  return new GuildhallError('USAGE', `${flag} is what --find ${sought} looks for; leave it out.`);
}

function describe({ rdp, order, pld, pldLower, delta, advantage, computeSeconds }: Spending): string {
  const gap = pldLower === undefined ? '' : `; exact value at least ${pldLower}`;
  return renderPairs([
    ['epsilon (RDP)', `${rdp} at delta ${delta} (order ${order}); enforced by budgets`],
    ['epsilon (PLD)', `${pld} at delta ${delta}; for a schedule fixed beforehand${gap}`],
    ['advantage', `at most ${advantage}`],
    ['computed in', `${computeSeconds.toFixed(3)} s`],
  ]);
}
