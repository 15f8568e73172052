import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { popularItems, reportBudget } from '../../../client/index.js';
import { ModelStore } from '../../../client/models.js';
import { openState, statePaths } from '../../../client/state/directory.js';
import { releasedModels } from '../../../client/training/released.js';
import { decodeModel, expectKind, planJobs } from '../../../federation/index.js';
import type { JobPlanOptions, ModelKind, ModelOf } from '../../../federation/index.js';
import {
  addContribution,
  isGateShopper,
  keyedIdentifiers,
  loadEngine,
  loadTextIndex,
  lowerItems,
  pairContribution,
  textNeighbourPairs,
  valueAt,
} from '../../../recommender/index.js';
import type { Catalogue, PairSupport, TextIndex } from '../../../recommender/index.js';
import { temporaryDirectory } from '../workspace.js';
import { roundEnded, TestFederation } from './federation.js';
import type { RunningClient } from './federation.js';

const NAMES = ['north', 'south', 'east', 'west'];
const DEADLINES = { advertiseMs: 8e3, openMs: 8e3, shareMs: 8e3, inputMs: 8e3, agreeMs: 8e3, unmaskMs: 8e3 };

describe('clients that count together', function () {
  this.timeout(60_000);
  let workspace: ReturnType<typeof temporaryDirectory>;
  let federation: TestFederation;
  let catalogue: Catalogue;
  let text: TextIndex;
  let support: PairSupport;

  beforeEach(async () => {
    workspace = temporaryDirectory();
    federation = await TestFederation.start(workspace.path);
    await federation.enrol(NAMES);
    catalogue = readItems(join(workspace.path, 'north-shop', 'items.csv'));
    text = loadTextIndex(catalogue, await loadEngine());
    support = textNeighbourPairs(text);
  });

  afterEach(async () => {
    await federation.close();
    workspace.remove();
  });

  /** Submits pairs and popularity, as a platform plans them; returns the jobs' names. */
  async function submit(options: Pick<JobPlanOptions, 'privacy'> & Partial<JobPlanOptions>): Promise<string[]> {
    const jobs = planJobs({
      jobs: ['counts', 'popularity'],
      roster: { minimumMerchants: 4, colluders: 1, minimumSurvivors: 3, maximumMerchants: 4 },
      expectedShoppers: 160,
      catalogues: [{ name: 'home', itemIds: catalogue.items.map(({ id }) => id), support }],
      deadlines: DEADLINES,
      ...options,
    });
    for (const job of jobs) await federation.admin().submitJob(job);
    return jobs.map(({ job }) => job);
  }

  /** Waits until every client has seen the jobs end and holds what they released. */
  async function released(clients: readonly RunningClient[], jobs: readonly string[]): Promise<void> {
    const { jobs: states } = await ended(clients, jobs);
    for (const { job, modelVersion } of states.filter((state) => jobs.includes(state.job)))
      await Promise.all(
        clients.map((client) =>
          client.until((event) => event.kind === 'model' && event.job === job && event.version === modelVersion),
        ),
      );
  }

  async function ended(clients: readonly RunningClient[], jobs: readonly string[]) {
    for (const job of jobs)
      await Promise.all(
        clients.map((client) => client.until((event) => event.kind === 'job-ended' && event.job === job)),
      );
    return federation.admin().status();
  }

  const newestModels = (): ModelKind[] =>
    new ModelStore(statePaths(federation.dir('north')).models).newestBytes().map(decodeModel);

  /** What one merchant's contributors may contribute: events but the last, by the files and the gate's own rule. */
  function releasedHistories(name: string): Int32Array[] {
    const { localKey } = openState(federation.dir(name));
    const keyed = keyedIdentifiers(localKey);
    const histories = new Map<string, number[]>();
    for (const line of linesOf(join(workspace.path, `${name}-shop`, 'events.csv'))) {
      const [shopper = '', item = ''] = line.split(',');
      histories.set(shopper, [...(histories.get(shopper) ?? []), catalogue.indexOf.get(item) ?? -1]);
    }
    return [...histories]
      .filter(([shopper]) => !isGateShopper(localKey, keyed(shopper)))
      .map(([, history]) => Int32Array.from(history.slice(0, -1)));
  }

  it('open without noise exactly what contributors bought, pair by pair and item by item', async () => {
    for (const name of NAMES) federation.setPolicy(name, 'allow_without_noise = true\n');
    const clients = NAMES.map((name) => federation.run(name));
    await released(clients, await submit({ privacy: 'none' }));
    await Promise.all(clients.map((client) => client.stop()));

    const pairs = new Float64Array(support.higher.length);
    const bought = new Map<string, number>();
    for (const history of NAMES.flatMap(releasedHistories)) {
      addContribution(pairs, pairContribution(history, support, { l1Bound: 2 }));
      for (const item of [...new Set([...history].reverse())].slice(0, 2)) {
        const id = catalogue.items[item]?.id ?? '';
        bought.set(id, (bought.get(id) ?? 0) + 1);
      }
    }
    const models = newestModels();
    expect(countsIn(models).counts).to.deep.equal([...pairs]);
    const [popularity] = popularItems({ dir: federation.dir('north'), most: 1000 });
    expect(popularity).to.include({ catalogue: 'home', itemsAShopper: 2, releases: 1, deviation: 0 });
    expect(new Map(popularity?.items.map(({ itemId, count }) => [itemId, count]))).to.deep.equal(bought);
    const report = reportBudget({ dir: federation.dir('north') });
    expect([report.releases, report.total.epsilon]).to.deep.equal([0, 0]);

    const served = releasedModels(models, { catalogue, text }).counts;
    const busiest = pairs.indexOf(Math.max(...pairs));
    const item = lowerItems(support)[busiest] ?? -1;
    if (served === undefined) throw new TypeError('the counts are served');
    expect(valueAt(served, item, support.higher[busiest] ?? -1)).to.be.closeTo(
      Math.log1p(Math.max(...pairs) / 1.3),
      1e-6,
    );
  });

  it('spend one budget over the periods, hold what all of them released, and decline the period after the last', async () => {
    for (const name of NAMES)
      federation.setPolicy(name, 'epsilon_total = 8\nepsilon_per_period = 8\nepsilon_per_round = 8\n');
    const clients = NAMES.map((name) => federation.run(name));
    const plan = { privacy: { epsilon: 8, delta: 1e-6 }, periods: 2 };
    const spent = () => reportBudget({ dir: federation.dir('north') }).total.epsilon;

    await released(clients, await submit({ ...plan, label: 'january' }));
    const january = { model: countsIn(newestModels()), epsilon: spent() };
    expect(january.epsilon).to.be.within(3.5, 5);
    expect(january.model.releases).to.equal(1);

    await released(clients, await submit({ ...plan, label: 'february', follows: 'january' }));
    const models = newestModels();
    const february = countsIn(models);
    expect(spent()).to.be.within(7.5, 8);
    expect([february.releases, february.alpha]).to.deep.equal([2, january.model.alpha]);
    expect(february.noiseShape).to.equal(2 * january.model.noiseShape);
    const [popularity, ...others] = popularItems({ dir: federation.dir('north'), most: 5 });
    expect(popularity).to.include({ job: 'popularity-home-february', releases: 2 });
    expect(others).to.deep.equal([]);
    // What is served is the newest release, which holds both.
    const context = { catalogue, text };
    const served = releasedModels(models, context).counts;
    expect(served).to.deep.equal(releasedModels([{ $case: 'neighbourCounts', value: february }], context).counts);
    expect(served?.values.every(Number.isFinite)).to.equal(true);
    expect(served).not.to.deep.equal(
      releasedModels([{ $case: 'neighbourCounts', value: january.model }], context).counts,
    );

    await submit({ ...plan, label: 'march', follows: 'february' });
    const events = await Promise.all(clients.map((client) => client.until(roundEnded('declined'))));
    for (const event of events)
      expect(event.kind === 'round-ended' && event.outcome).to.include({ kind: 'declined', code: 'BUDGET_EXHAUSTED' });
    const { jobs, refusals } = reportBudget({ dir: federation.dir('north') });
    expect(jobs.map(({ job }) => job)).not.to.include('counts-home-march');
    expect(refusals.map(({ job, code }) => [job, code])).to.deep.include(['counts-home-march', 'BUDGET_EXHAUSTED']);
    expect(spent()).to.be.within(7.5, 8);
    const { rounds } = await federation.admin().status();
    const march = rounds.filter(({ job }) => job === 'counts-home-march');
    expect(march.flatMap(({ survivors }) => survivors)).to.deep.equal([]);
  });
});

function countsIn(models: readonly ModelKind[]): ModelOf<'neighbourCounts'> {
  const newest = models.findLast(({ $case }) => $case === 'neighbourCounts');
  if (newest === undefined) throw new TypeError('counts were released');
  return expectKind(newest, 'neighbourCounts');
}

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trim().split('\n').slice(1);

function readItems(file: string): Catalogue {
  const items = linesOf(file).map((line) => {
    const [id = '', title = '', brand = '', category = ''] = line.split(',');
    return { id, title, brand, category };
  });
  return { items, indexOf: new Map(items.map(({ id }, index) => [id, index])) };
}
