import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { PlannedJob } from '../../federation/index.js';
import { fileError, requireEmptyFolder } from '../files.js';
import { mapLimited } from './concurrency.js';
import { DemoFederation, demoFolders } from './federation.js';
import { planDemo } from './jobs.js';
import type { DemoJobs } from './jobs.js';
import { meanLine, merchantLine } from './lines.js';
import type { DemoOptions, DemoProgress } from './options.js';
import type { DemoReport, RoundReport } from './report.js';
import { lossesSurvived } from './roster.js';
import { Sabotage } from './sabotage.js';
import { whatItCouldNotSee, whatItSaw } from './saw.js';
import { prepareShops } from './shops.js';
import type { DemoShops } from './shops.js';
import { meanTower } from './tower.js';
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
  progress.say('Planning jobs and indexing public item texts …');
  const jobs = await planDemo(options, shops, { cache: folders.cache, progress });
  const federation = new DemoFederation(folders, options, progress);
  try {
    await federation.startCoordinator();
    await federation.enrol(shops, jobs);
    await federation.startClients(shops.shops.map(({ name }) => name));
    const { rounds, killed } = await runRounds(federation, { shops, jobs, options, progress });
    await federation.stopClients();
    const printed = await federation.evaluate(shops.shops.map(({ name }) => name));
    const isNoised = options.privacy !== 'none';
    const merchants = shops.shops.map((shop) => merchantLine(shop, printed.get(shop.name), { isNoised }));
    const tower = meanTower(merchants);
    const witnessed = { planned: jobs.planned, rounds, merchants };
    return {
      dataset: shops.dataset,
      synthetic: shops.synthetic,
      rounds,
      merchants,
      mean: meanLine(merchants),
      ...(tower === undefined ? {} : { tower }),
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

async function runRounds(
  federation: DemoFederation,
  { shops, jobs, options, progress }: RoundsContext,
): Promise<Pick<DemoReport, 'killed'> & { readonly rounds: readonly RoundReport[] }> {
  const { planned } = jobs;
  const names = planned.map(({ job }) => job);
  const sabotage = sabotageOf(federation, shops, jobs, progress);
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
  return { rounds, killed: sabotage?.killed ?? null };
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
