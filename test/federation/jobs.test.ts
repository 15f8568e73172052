import { expect } from 'chai';
import {
  compileTerms,
  decodeModel,
  mechanismEvent,
  modelSha256,
  planJobs,
  requireCoherent,
  taskOf,
} from '../../federation/index.js';
import type { JobKind, JobPlanOptions, PlannedJob } from '../../federation/index.js';
import { epsilonOf } from '../../privacy/index.js';
import type { MechanismEvent } from '../../privacy/index.js';
import { supportFromPairs } from '../../recommender/index.js';

const options = (change: Partial<JobPlanOptions> = {}): JobPlanOptions => ({
  jobs: ['reranker', 'mlp', 'counts'],
  privacy: { epsilon: 8, delta: 1e-6 },
  roster: { minimumMerchants: 8, colluders: 2, minimumSurvivors: 6, maximumMerchants: 8 },
  expectedShoppers: 4000,
  catalogues: [
    { name: 'toys', itemIds: ['a', 'b', 'c'], support: supportFromPairs(3, [0, 0, 1], Int32Array.of(1, 2, 2)) },
  ],
  ...change,
});

/** The terms of every round of a planned job, as the coordinator would issue them. */
const roundsOf = ({ template, model }: PlannedJob) =>
  Array.from({ length: template.steps }, (_, i) =>
    compileTerms({
      ...template,
      federation: 'market',
      round: i + 1,
      step: i + 1,
      modelSha256: Buffer.from(modelSha256(model)),
    }),
  );

const eventsOf = (jobs: readonly PlannedJob[]): MechanismEvent[] =>
  jobs.flatMap(roundsOf).flatMap((terms) => mechanismEvent(terms) ?? []);

describe('job plan', () => {
  const PLANS: readonly (readonly JobKind[])[] = [
    ['reranker', 'mlp', 'counts'],
    ['reranker'],
    ['mlp'],
    ['counts'],
    ['reranker', 'counts'],
  ];
  for (const kinds of PLANS) {
    for (const epsilon of [1, 8]) {
      it(`spends the whole ε = ${epsilon} over ${kinds.join(', ')}, as a client accounts it, and never more`, () => {
        const jobs = planJobs(options({ jobs: kinds, privacy: { epsilon, delta: 1e-6 } }));
        const spent = epsilonOf(eventsOf(jobs), 1e-6);
        expect(spent).to.be.at.most(epsilon);
        expect(spent).to.be.above(epsilon * 0.99);
      });
    }
  }

  it('gives every job a model, a task and a dimension that go together', () => {
    for (const privacy of ['none', { epsilon: 8, delta: 1e-6 }] as const) {
      for (const job of planJobs(options({ privacy }))) {
        const [terms] = roundsOf(job);
        if (terms === undefined) throw new TypeError('a job has a round');
        requireCoherent(terms, taskOf(terms), decodeModel(job.model));
      }
    }
  });

  it('starts the fine-tuning from the re-ranker’s release, under the names that a label gives', () => {
    const names = (change: Partial<JobPlanOptions>) =>
      planJobs(options({ privacy: 'none', ...change })).map(({ job, startsFrom }) => [job, startsFrom]);
    expect(names({})).to.deep.equal([
      ['reranker', undefined],
      ['mlp', 'reranker'],
      ['counts-toys', undefined],
    ]);
    expect(names({ label: '2026-12' })).to.deep.equal([
      ['reranker-2026-12', undefined],
      ['mlp-2026-12', 'reranker-2026-12'],
      ['counts-toys-2026-12', undefined],
    ]);
    expect(names({ jobs: ['mlp'] })).to.deep.equal([['mlp', undefined]]);
    expect(names({ jobs: ['mlp'], startsFrom: 'reranker-old' })).to.deep.equal([['mlp', 'reranker-old']]);
  });

  it('without noise averages weights locally trained, and no event is accounted', () => {
    const jobs = planJobs(options({ privacy: 'none' }));
    expect(jobs.map(({ template }) => template.task?.task?.$case)).to.deep.equal([
      'rerankerNewton',
      'rerankerFedavg',
      'neighbourCounts',
    ]);
    expect(eventsOf(jobs)).to.deep.equal([]);
  });
});
