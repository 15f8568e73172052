import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { lossesSurvived } from '../../federation/index.js';
import type { PlannedJob } from '../../federation/index.js';
import { fileError, requireEmptyFolder } from '../files.js';
import { mapLimited } from './concurrency.js';
import { DemoFederation, demoFolders } from './federation.js';
import { planDemo } from './jobs.js';
import type { DemoJobs } from './jobs.js';
import { meanLine, merchantLine } from './lines.js';
import { strategiesOf } from './options.js';
import type { DemoOptions, DemoProgress, DemoStrategy } from './options.js';
import { popularityOf } from './popular.js';
import type { DemoReport, MerchantReport, RoundReport } from './report.js';
import { Sabotage } from './sabotage.js';
import { whatItCouldNotSee, whatItSaw } from './saw.js';
import { prepareShops } from './shops.js';
import type { DemoShops } from './shops.js';
import { meanTower } from './tower.js';
import { strategyReport } from './strategies.js';
import { watchJobs } from './watch.js';

/**
 * The whole of guildhall on one machine, with real processes: a coordinator and clients that join it, rounds over mutual
 * TLS, one client killed in the middle of one, and at the end what every merchant has alone and together.
 *
 * Everything lies in a temporary directory that is removed at the end, whatever the end is; no process outlives the call.
 * @throws GuildhallError what any command of the demo throws, JOB_FAILED, PROCESS_FAILED; the signal's reason
 */
export async function runDemo(options: DemoOptions, progress: DemoProgress): Promise<DemoReport> {
  const root = makeRoot(options.keep);
  const discard = (): void => {
    if (options.keep === undefined) rmSync(root, { recursive: true, force: true });
  };
  // A second Ctrl-C ends this process at once; the directory still goes.
  process.on('exit', discard);
  try {
    return await stage(options, root, progress);
  } finally {
    discard();
    process.off('exit', discard);
  }
}

async function stage(options: DemoOptions, root: string, progress: DemoProgress): Promise<DemoReport> {
  const began = performance.now();
  const folders = demoFolders(root);
  const shops = await prepareShops(options, folders.shops, progress);
  const strategies = strategiesOf(options.noiseStrategy);
  progress.say('Planning jobs and indexing public item texts …');
  const plan = (strategy: DemoStrategy | undefined, label?: string): Promise<DemoJobs> =>
    planDemo(options, shops, { strategy, label, cache: folders.cache, progress });
  const [first, ...others] = strategies;
  const jobs = await plan(first);
  const federation = new DemoFederation(folders, options, progress);
  const names = shops.shops.map(({ name }) => name);
  const measured = async (): Promise<MerchantReport[]> => {
    const printed = await federation.evaluate(names);
    const isNoised = options.privacy !== 'none';
    return shops.shops.map((shop) => merchantLine(shop, printed.get(shop.name), { isNoised }));
  };
  try {
    await federation.startCoordinator();
    await federation.enrol(shops, jobs);
    await federation.startClients(names);
    const { rounds, killed } = await runRounds(federation, { shops, jobs, options, progress });
    if (others.length === 0) await federation.stopClients();
    const merchants = await measured();
    const planned = [...jobs.planned];
    let latest = merchants;
    const reports = [strategyReport(first, merchants, folders)];
    for (const strategy of others) {
      progress.say(`The same jobs once more, noise strategy ${strategy ?? ''} …`);
      const again = await plan(strategy, strategy);
      const context = { shops, jobs: again, options, progress };
      planned.push(...again.planned);
      rounds.push(...(await roundsOf(federation, context)));
      latest = await measured();
      reports.push(strategyReport(strategy, latest, folders));
    }
    const tower = meanTower(merchants);
    const popular = popularityOf(merchants, folders);
    // What a guess may know follows from all that was spent, of which the table shows the first run's part.
    const witnessed = { planned, rounds, merchants: latest };
    return {
      dataset: shops.dataset,
      synthetic: shops.synthetic,
      rounds,
      merchants,
      mean: meanLine(merchants),
      strategies: reports,
      ...(tower === undefined ? {} : { tower }),
      ...(popular.length === 0 ? {} : { popular }),
      killed,
      saw: whatItSaw(witnessed),
      couldNotSee: whatItCouldNotSee(witnessed),
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await federation.close();
  }
}

interface RoundsContext {
  readonly shops: DemoShops;
  readonly jobs: DemoJobs;
  readonly options: DemoOptions;
  readonly progress: DemoProgress;
}

/** The rounds of all jobs, with a client killed in one of them. */
async function runRounds(
  federation: DemoFederation,
  context: RoundsContext,
): Promise<Pick<DemoReport, 'killed'> & { readonly rounds: RoundReport[] }> {
  const { shops, jobs, progress } = context;
  const sabotage = sabotageOf(federation, shops, jobs, progress);
  const rounds = await roundsOf(federation, { ...context, sabotage });
  return { rounds, killed: sabotage?.killed ?? null };
}

/** Submits jobs and waits until they have ended and every merchant has their models. */
async function roundsOf(
  federation: DemoFederation,
  { shops, jobs, options, progress, sabotage }: RoundsContext & { readonly sabotage?: Sabotage | undefined },
): Promise<RoundReport[]> {
  const { planned } = jobs;
  const names = planned.map(({ job }) => job);
  for (const job of planned) await federation.admin.submitJob(job);
  const rounds = await watchJobs({
    status: () => federation.admin.status(),
    jobs: names,
    failure: federation.failure,
    observe: async (status) => sabotage?.observe(status),
    progress,
    signal: options.signal,
  });
  const { jobs: states } = await federation.admin.status();
  progress.update('Waiting until every merchant has the newest models …');
  await mapLimited(shops.shops, shops.shops.length, async ({ name, catalogue }) => {
    for (const { job, modelVersion } of states) {
      if (jobs.jobsOf(catalogue).includes(job)) await federation.awaitModel(name, { job, version: modelVersion });
    }
  });
  return rounds;
}

/**
 * The last merchant that takes part in the longest job dies in its second round, or in the only round there is; nobody
 * where the round could not lose anybody.
 */
function sabotageOf(
  federation: DemoFederation,
  { shops }: DemoShops,
  { planned, jobsOf }: DemoJobs,
  progress: DemoProgress,
): Sabotage | undefined {
  const longest = planned.reduce<PlannedJob | undefined>(
    (best, job) => (best !== undefined && best.template.steps >= job.template.steps ? best : job),
    undefined,
  );
  const roster = longest?.template.roster;
  if (longest === undefined || roster === undefined) return undefined;
  const members = shops.filter(({ catalogue }) => jobsOf(catalogue).includes(longest.job));
  const victim = members.at(-1)?.name;
  if (victim === undefined || lossesSurvived(members.length, roster) === 0) return undefined;
  return new Sabotage({
    victim,
    job: longest.job,
    fromRound: Math.min(2, longest.template.steps),
    kill: (merchant) => federation.killClient(merchant),
    restart: (merchant) => federation.startClients([merchant]),
    progress,
  });
}

function makeRoot(keep: string | undefined): string {
  if (keep === undefined) return mkdtempSync(join(tmpdir(), 'guildhall-demo-'));
  requireEmptyFolder(keep);
  try {
    mkdirSync(keep, { recursive: true });
  } catch (error) {
    throw fileError('FILE_UNWRITABLE', 'make the folder', keep, error);
  }
  return resolve(keep);
}
