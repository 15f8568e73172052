import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../client/index.js';
import { cachedTextIndex } from '../../client/training/text-cache.js';
import { planJobs, rosterFor } from '../../federation/index.js';
import { loadEngine, textNeighbourPairs } from '../../recommender/index.js';
import type { Catalogue, PairSupport } from '../../recommender/index.js';
import { DemoFederation, demoFolders } from '../../simulations/demo/federation.js';
import type { DemoProgress } from '../../simulations/demo/options.js';
import type { DemoShop } from '../../simulations/demo/shops.js';
import { watchJobs } from '../../simulations/demo/watch.js';
import { writeShop } from '../../simulations/files.js';
import { inventMarketplace } from '../../simulations/marketplace.js';
import { merchantName } from '../../simulations/names.js';
import { cpuSecondsOf, peakMiBOf, requireProcessUsage } from './usage.js';

/** What is measured. */
export interface RoundOptions {
  readonly merchants: number;
  /** d: cells of the counts, and so words of every vector. */
  readonly dimension: number;
  /** Shoppers a merchant. */
  readonly shoppers: number;
  /** Executable and first arguments of the `guildhall` command. */
  readonly command: readonly string[];
  readonly signal: AbortSignal;
}

/** CPU seconds of one round by who spent them, and how long it took. */
export interface RoundCost {
  readonly coordinatorCpuSeconds: number;
  /** Of all clients together. */
  readonly clientsCpuSeconds: number;
  readonly totalCpuSeconds: number;
  readonly wallSeconds: number;
  readonly survivors: number;
}

/** The outcome of the benchmark. */
export interface RoundFigures {
  readonly merchants: number;
  readonly dimension: number;
  /** Every process is up, but no client has read its shop yet. */
  readonly first: RoundCost;
  /** The same round again: what a round costs once all are up. */
  readonly round: RoundCost;
  readonly coordinatorPeakMiB: number;
}

/** ε of each round; the noise's size does not change its cost by much. */
const CATALOGUE = 'market';
const EPSILON = 4;
const DELTA = 1e-6;
const POLL_MS = 200;
/** Text-neighbour pairs that one invented item brings at least. */
const PAIRS_AN_ITEM = 25;
const PHASE_MS = 120_000;

/**
 * Two counts rounds over mutual TLS with real processes, noise and ledgers included.
 * @throws GuildhallError USAGE without /proc, or what the processes throw
 */
export async function measureRound(options: RoundOptions, progress: DemoProgress): Promise<RoundFigures> {
  requireProcessUsage();
  const root = mkdtempSync(join(tmpdir(), 'guildhall-bench-'));
  const federation = new DemoFederation(
    demoFolders(root),
    { command: options.command, privacy: { epsilon: 2 * EPSILON, delta: DELTA }, signal: options.signal },
    progress,
  );
  try {
    return await stage(federation, root, options, progress);
  } finally {
    await federation.close();
    rmSync(root, { recursive: true, force: true });
  }
}

async function stage(
  federation: DemoFederation,
  root: string,
  options: RoundOptions,
  progress: DemoProgress,
): Promise<RoundFigures> {
  const { merchants, dimension } = options;
  const roster = rosterFor(merchants);
  const { catalogue, shops } = await inventShops(root, options);
  const support = await supportOf(catalogue, join(root, 'cache'), dimension);
  const itemIds = catalogue.items.map(({ id }) => id);
  const phases = {
    advertiseMs: PHASE_MS,
    openMs: PHASE_MS,
    shareMs: PHASE_MS,
    inputMs: PHASE_MS,
    agreeMs: PHASE_MS,
    unmaskMs: PHASE_MS,
  };
  const planned = ['first', 'second'].flatMap((name) =>
    planJobs({
      jobs: ['counts'],
      privacy: { epsilon: EPSILON, delta: DELTA },
      roster,
      expectedShoppers: merchants * options.shoppers,
      catalogues: [{ name: CATALOGUE, itemIds, support }],
      label: name,
      deadlines: phases,
    }),
  );
  await federation.startCoordinator();
  await federation.enrol({ shops }, { floors: roster, planned });
  await federation.startClients(shops.map(({ name }) => name));
  const costs: RoundCost[] = [];
  for (const job of planned) {
    progress.say(`Round of ${dimension} words with ${merchants} merchants: ${job.job}`);
    const [before, began] = [spentBy(federation), performance.now()];
    await federation.admin.submitJob(job);
    const [round] = await watchJobs({
      status: () => federation.admin.status(),
      jobs: [job.job],
      failure: federation.failure,
      progress,
      signal: options.signal,
      pause: (signal) => delay(POLL_MS, undefined, { signal }),
    });
    await Promise.all(shops.map(({ name }) => federation.awaitModel(name, { job: job.job, version: 1 })));
    const wallSeconds = (performance.now() - began) / 1000;
    const after = spentBy(federation);
    const coordinator = after.coordinator - before.coordinator;
    const clients = after.clients - before.clients;
    costs.push({
      coordinatorCpuSeconds: coordinator,
      clientsCpuSeconds: clients,
      totalCpuSeconds: coordinator + clients,
      wallSeconds,
      survivors: round?.survivors.length ?? 0,
    });
  }
  const [first, round] = costs;
  if (first === undefined || round === undefined) throw new Error('two rounds were planned');
  return { merchants, dimension, first, round, coordinatorPeakMiB: peakMiBOf(pidOf(federation, 'coordinator')) };
}

function spentBy(federation: DemoFederation): { readonly coordinator: number; readonly clients: number } {
  let clients = 0;
  for (const [name, pid] of federation.pids) if (name !== 'coordinator') clients += cpuSecondsOf(pid);
  return { coordinator: cpuSecondsOf(pidOf(federation, 'coordinator')), clients };
}

function pidOf(federation: DemoFederation, name: string): number {
  return federation.pids.get(name) ?? 0;
}

async function inventShops(
  root: string,
  { merchants, shoppers, dimension }: RoundOptions,
): Promise<{ readonly catalogue: Catalogue; readonly shops: readonly DemoShop[] }> {
  const items = Math.max(500, Math.ceil(dimension / PAIRS_AN_ITEM));
  const market = inventMarketplace({ seed: 'bench', merchants, shoppers, items });
  const shops: DemoShop[] = [];
  for (const shop of market.merchants) {
    const name = merchantName(shops.length);
    const files = await writeShop(join(root, 'shops', name), shop);
    shops.push({ name, catalogue: CATALOGUE, files, shoppers });
  }
  return { catalogue: market.catalogue, shops };
}

/** Exactly `dimension` cells of the catalogue's public support. */
async function supportOf(catalogue: Catalogue, directory: string, dimension: number): Promise<PairSupport> {
  const index = await cachedTextIndex(catalogue, await loadEngine(), { directory, clock: systemClock });
  const { items, rowStart, higher } = textNeighbourPairs(index);
  if (higher.length < dimension) throw new Error(`${items} items have only ${higher.length} pairs`);
  return { items, rowStart: rowStart.map((start) => Math.min(start, dimension)), higher: higher.slice(0, dimension) };
}
