import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { Admin } from '../../coordinator/index.js';
import type { JobKind, TaskChoice } from '../../federation/index.js';
import { GuildhallError } from '../../errors/index.js';
import { coordinatorDirectory } from '../directories.js';
import { addCommand, addGroup } from '../invocation.js';
import type { Io } from '../io.js';
import { collect, integer, namesOf, optional, real, text } from '../options.js';
import { renderTable } from '../table.js';
import { withAdmin } from './coordinator.js';

/** Kinds of job, in the order in which they run unless a person says otherwise. */
export const JOB_KINDS: readonly JobKind[] = ['reranker', 'mlp', 'counts', 'popularity', 'tower'];

/** What becomes of noise that more survivors than the fewest leave over. */
const NOISE_STRATEGIES = ['removable', 'worst-case', 'local'] as const;

/**
 * Options that say what jobs to run and how much they may spend; shared with the demo.
 * @param strategies choices of `--noise-strategy` beside those of a plan
 */
export function planOptions(strategies: readonly string[] = []): Option[] {
  return [
    new Option(
      '--task <task>',
      'what is learned together: counts of pairs, a re-ranker by gradients, both, or the tower',
    )
      .choices(['statistics', 'gradients', 'both', 'tower'])
      .default('both'),
    new Option(
      '--jobs <list>',
      'exactly these jobs in this order, of reranker, mlp, counts, popularity, tower, instead of a task',
    )
      .argParser(namesOf(JOB_KINDS))
      .conflicts('task'),
    optional(
      '--gradients-share <part>',
      "the gradients' part of ε where counts run too (default: an eighth)",
      real({ above: 0, below: 1 }),
    ),
    // A second step undoes what the first one's guard against noise shrinks; a third brings nothing (docs/results.md).
    optional('--newton-rounds <count>', 'rounds of the linear re-ranker', integer({ min: 1, max: 10 }), 2),
    new Option('--features <features>', 'what the linear re-ranker reads: strict features, or 200 random ones too')
      .choices(['strict', 'random'])
      .default('strict'),
    optional('--epsilon <epsilon>', 'ε that all jobs together may spend', real({ above: 0, max: 1e6 }), 8),
    optional('--delta <delta>', 'δ of that ε', real({ above: 0, max: 0.01 }), 1e-6),
    optional(
      '--colluders <c>',
      'colluding merchants tolerated (default: 1 below 8 merchants, else 2)',
      integer({ min: 1 }),
    ),
    optional(
      '--minimum-survivors <count>',
      'fewest merchants in a sum (default: four fifths; fewer survive more losses and leave more noise)',
      integer({ min: 3 }),
    ),
    new Option(
      '--noise-strategy <strategy>',
      'shared noise that more survivors than the fewest leave over: take it out, or not; or local: every merchant adds all of it itself',
    )
      .choices([...NOISE_STRATEGIES, ...strategies])
      .default('worst-case'),
    new Option(
      '--clipping <rule>',
      "the fine-tuning's clip norm: as planned, or following the median of the gradients'",
    )
      .choices(['fixed', 'adaptive'])
      .default('fixed'),
    new Option('--no-privacy-noise', 'add NO noise: secure aggregation alone, nothing promised about shoppers'),
  ];
}

/**
 * What {@link planOptions} parse to.
 * @typeParam Strategy choices of the noise strategy
 */
export interface PlanOptions<Strategy extends string = (typeof NOISE_STRATEGIES)[number]> {
  readonly task: TaskChoice;
  readonly jobs?: readonly JobKind[];
  readonly gradientsShare?: number;
  readonly features: 'strict' | 'random';
  readonly newtonRounds: number;
  readonly epsilon: number;
  readonly delta: number;
  readonly colluders?: number;
  readonly minimumSurvivors?: number;
  readonly noiseStrategy: Strategy;
  readonly clipping: 'fixed' | 'adaptive';
  readonly privacyNoise: boolean;
}

/** The jobs that the options name, and the budget over all of them. */
export async function chosenPlan<Strategy extends string>(options: PlanOptions<Strategy>) {
  const { jobsOfTask } = await import('../../federation/index.js');
  const { task, epsilon, delta, privacyNoise, gradientsShare, features, newtonRounds, noiseStrategy, clipping } =
    options;
  return {
    jobs: options.jobs ?? jobsOfTask(task, !privacyNoise ? 'none' : noiseStrategy === 'local' ? 'local' : 'noised'),
    privacy: privacyNoise ? { epsilon, delta } : ('none' as const),
    gradientsShare,
    features,
    newtonRounds,
    noiseStrategy,
    clipping,
  };
}

/** The loud sentence that goes with `--no-privacy-noise`. */
export const NO_NOISE_WARNING =
  'WARNING: --no-privacy-noise. NO NOISE IS ADDED. Single shoppers are NOT protected: whoever sees the released models may learn about them. Use it only to see what the noise costs.';

interface SubmitOptions extends PlanOptions {
  readonly dir: string;
  readonly merchants?: number;
  readonly shoppers?: number;
  readonly catalogue?: readonly string[];
  readonly phaseSeconds: number;
  readonly label?: string;
  readonly startsFrom?: string;
  readonly follows?: string;
  readonly rerankerStart: 'public' | 'mix';
  readonly periods: number;
  readonly cache: string;
}

/** Unless a platform knows better: the mlp's fixed public denominator is the expected number of shoppers. */
const SHOPPERS_A_MERCHANT = 1000;

/** `guildhall jobs`: what the federation computes. */
export function addJobsCommands(program: Command, io: Io): void {
  const group = addGroup(program, 'jobs', 'Plan jobs under one budget and submit them to a running coordinator.');

  addCommand<SubmitOptions>(group, io, {
    usage: 'submit',
    description: 'Plan jobs under one (ε, δ) and submit them to the coordinator that runs on the directory.',
    options: [
      coordinatorDirectory(),
      ...planOptions(),
      optional('--merchants <count>', 'merchants expected (default: all that are enrolled)', integer({ min: 4 })),
      optional('--shoppers <count>', 'public estimate of all their shoppers (default: 1000 each)', integer({ min: 1 })),
      collect(
        '--catalogue <name=file>',
        'an items file whose pairs or items are counted; may be repeated, needed for counts and popularity',
      ),
      optional(
        '--phase-seconds <seconds>',
        'how long each phase of a round may take',
        integer({ min: 1, max: 86_400 }),
        60,
      ),
      optional('--label <label>', "ends every job's name, so that the same jobs can be submitted again", label),
      optional(
        '--starts-from <job>',
        'job whose release mlp starts from, when reranker is not among the jobs (default: the newest reranker that is done)',
        text,
      ),
      optional(
        '--periods <count>',
        'plans like this one that share the ε, one a period',
        integer({ min: 1, max: 366 }),
        1,
      ),
      new Option(
        '--reranker-start <start>',
        'what the linear re-ranker begins as where nothing is followed: the public weights, or the mix alone',
      )
        .choices(['public', 'mix'])
        .default('public'),
      optional('--follows <label>', 'label of the plan before, from whose releases this one goes on', label),
      optional('--cache <dir>', 'where text indexes are kept', text, '.guildhall-cache'),
    ],
    async run({ result, progress, signal }, options) {
      const { readCatalogues } = await import('../catalogues.js');
      const plan = await chosenPlan(options);
      const { isOfCatalogue, rosterFor } = await import('../../federation/index.js');
      if (plan.jobs.some(isOfCatalogue) && options.catalogue === undefined) {
        throw new GuildhallError('USAGE', 'Counts need the items that are counted: give --catalogue NAME=items.csv.');
      }
      const { planFromCatalogues } = await import('../../simulations/plan.js');
      if (!options.privacyNoise) progress.say(NO_NOISE_WARNING);
      await withAdmin(options.dir, async (admin) => {
        const { MerchantState } = await import('../../proto/index.js');
        const enrolled = (await admin.listMerchants()).filter(
          ({ state }) => state === MerchantState.MERCHANT_STATE_ENROLLED,
        ).length;
        const merchants = options.merchants ?? enrolled;
        const roster = rosterFor(merchants, options);
        progress.say('Reading catalogues and planning …');
        const planned = await planFromCatalogues({
          ...plan,
          roster,
          expectedShoppers: options.shoppers ?? SHOPPERS_A_MERCHANT * merchants,
          catalogues: await readCatalogues(options.catalogue ?? []),
          deadlines: deadlines(options.phaseSeconds),
          label: options.label,
          startsFrom: options.startsFrom ?? (await newestReranker(admin)),
          follows: options.follows,
          rerankerStart: options.rerankerStart,
          periods: options.periods,
          cache: options.cache,
          signal,
        });
        for (const job of planned) {
          progress.say(`Submitting ${job.job} …`);
          await admin.submitJob(job);
        }
        const jobs = planned.map(({ job, kind, template }) => ({
          job,
          kind,
          steps: template.steps,
          dimension: template.dimension,
        }));
        result({ jobs, roster }, () =>
          renderTable(
            [{ heading: 'job' }, { heading: 'rounds', align: 'right' }, { heading: 'vector length', align: 'right' }],
            jobs.map(({ job, steps, dimension }) => [job, String(steps), String(dimension)]),
          ),
        );
      });
    },
  });
}

/** The newest job that released a re-ranker under the name that plans give it. */
async function newestReranker(admin: Admin): Promise<string | undefined> {
  const { JobState } = await import('../../proto/index.js');
  const { jobs } = await admin.status();
  const done = jobs.filter(({ state }) => state === JobState.JOB_STATE_DONE);
  return done.findLast(({ job }) => job === 'reranker' || job.startsWith('reranker-'))?.job;
}

function label(value: string): string {
  if (/^[a-z0-9._-]{1,32}$/.test(value)) return value;
  throw new InvalidArgumentError('It must be 1 to 32 of a-z, 0-9, dot, hyphen, underscore.');
}

function deadlines(seconds: number) {
  const phase = seconds * 1000;
  return { advertiseMs: phase, openMs: phase, shareMs: phase, inputMs: phase, agreeMs: phase, unmaskMs: phase };
}
