import { expect } from 'chai';
import {
  compileTerms,
  decodeModel,
  jobsOfTask,
  mechanismEvent,
  modelSha256,
  planJobs,
  quantisationOf,
  requireCoherent,
  taskOf,
  uploadBytes,
  VectorCodec,
} from '../../federation/index.js';
import type { JobKind, JobPlanOptions, PlannedJob, RoundTerms } from '../../federation/index.js';
import { epsilonOf } from '../../privacy/index.js';
import type { MechanismEvent } from '../../privacy/index.js';
import { PUBLIC_RERANKER, STRICT_FEATURES, supportFromPairs } from '../../recommender/index.js';

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
    ['tower'],
    ['reranker', 'tower', 'counts'],
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

  it('spends the whole ε under local noise too, over all local steps, and never more', () => {
    for (const kinds of [['mlp'], ['tower'], ['mlp', 'tower']] as const) {
      const jobs = planJobs(options({ jobs: kinds, noiseStrategy: 'local' }));
      expect(epsilonOf(eventsOf(jobs), 1e-6)).to.be.within(8 * 0.99, 8);
    }
  });

  for (const periods of [2, 12]) {
    it(`spends the whole ε over ${periods} periods, as a client accounts them together, and never more`, () => {
      const plan = options({ jobs: ['reranker', 'counts'], periods });
      const year = Array.from({ length: periods }, () => eventsOf(planJobs(plan))).flat();
      const spent = epsilonOf(year, 1e-6);
      expect(spent).to.be.at.most(8);
      expect(spent).to.be.above(8 * 0.99);
      // The control: as many plans that each take the budget for themselves.
      const careless = Array.from({ length: periods }, () => eventsOf(planJobs({ ...plan, periods: 1 }))).flat();
      expect(epsilonOf(careless, 1e-6)).to.be.above(8 * Math.sqrt(periods));
    });
  }

  it('lets the rounds of the re-ranker share its ε', () => {
    for (const newtonRounds of [1, 2, 3]) {
      const jobs = planJobs(options({ jobs: ['reranker'], privacy: { epsilon: 1, delta: 1e-6 }, newtonRounds }));
      expect(jobs.flatMap(roundsOf)).to.have.length(newtonRounds);
      expect(epsilonOf(eventsOf(jobs), 1e-6)).to.be.within(0.99, 1);
    }
  });

  it('starts the linear re-ranker from nothing, or from the public weights', () => {
    const started = (change: Partial<JobPlanOptions>) => {
      const [job] = planJobs(options({ jobs: ['reranker'], ...change }));
      const model = decodeModel(job?.model ?? new Uint8Array());
      if (model.$case !== 'linearReranker') throw new TypeError('a linear model');
      return model.value;
    };
    expect(started({}).weights).to.deep.equal(STRICT_FEATURES.map(() => 0));
    expect(started({ rerankerStart: 'public' }).weights).to.deep.equal([...PUBLIC_RERANKER.weights]);
    expect(started({ rerankerStart: 'public', features: 'random' }).weights.every((weight) => weight === 0)).to.equal(
      true,
    );
  });

  it('gives the gradients the part of ε that is asked for, and never more than all of it', () => {
    const spentBy = (gradientsShare: number, counting: readonly JobKind[] = ['counts']) => {
      const jobs = planJobs(options({ jobs: ['reranker', ...counting], gradientsShare }));
      expect(epsilonOf(eventsOf(jobs), 1e-6)).to.be.within(8 * 0.99, 8);
      return jobs.map((job) => epsilonOf(eventsOf([job]), 1e-6));
    };
    const [half = 0, otherHalf = 0] = spentBy(0.5);
    expect(half).to.be.closeTo(otherHalf, 0.05);
    const [tenth = 0, most = 0] = spentBy(0.1);
    expect(most / tenth).to.be.within(8.5, 9.5);
    const [gradients = 0, counts = 0, popularity = 0] = spentBy(0.5, ['counts', 'popularity']);
    expect(gradients / (counts + popularity)).to.be.closeTo(1, 0.03);
    expect(counts / popularity).to.be.closeTo(7, 0.1);
  });

  describe('chooses a ring', () => {
    const NOISE = { epsilon: 8, delta: 1e-6 };
    const PLANNED: readonly Partial<JobPlanOptions>[] = [
      { jobs: ['reranker', 'mlp', 'counts', 'tower'], privacy: NOISE },
      { jobs: ['reranker', 'mlp', 'counts', 'tower'], privacy: 'none' },
      { jobs: ['counts'], privacy: { epsilon: 0.1, delta: 1e-6 }, noiseStrategy: 'removable' },
      { jobs: ['mlp', 'tower'], privacy: NOISE, noiseStrategy: 'local' },
    ];
    const terms = (change: Partial<JobPlanOptions>) =>
      planJobs(options(change)).flatMap((job) => roundsOf(job).slice(0, 1));

    it('no wider than a merchant’s largest sum and all the noise ask for', () => {
      const chosen = PLANNED.flatMap(terms);
      expect(chosen.some(({ ringBits }) => ringBits < 20)).to.equal(true);
      for (const round of chosen) {
        if (round.ringBits > 16) expect(holds({ ...round, ringBits: round.ringBits - 1 })).to.equal(false);
        expect(holds(round)).to.equal(round.ringBits < 32 || holds({ ...round, ringBits: 32 }));
      }
    });

    it('that loses no count, even if one merchant had all shoppers and they all bought one pair', () => {
      for (const expectedShoppers of [100, 4000, 100_000]) {
        for (const round of terms({ jobs: ['counts'], expectedShoppers })) {
          const everything = Float64Array.of(2 * expectedShoppers, 0, 0);
          expect(new VectorCodec(round).quantise(everything).clamped).to.equal(0);
          const narrow = new VectorCodec({ ...round, ringBits: Math.max(16, round.ringBits - 1) });
          if (round.ringBits > 16) expect(narrow.quantise(everything).clamped, 'control').to.equal(1);
        }
      }
    });

    it('by which an upload of counts shrinks by two fifths at 20,000 shoppers', () => {
      const roster = { minimumMerchants: 4, colluders: 1, minimumSurvivors: 4, maximumMerchants: 5 };
      const [round] = terms({ jobs: ['counts'], expectedShoppers: 20_000, roster });
      if (round === undefined) throw new TypeError('a job has a round');
      const { ringBits } = round;
      expect(uploadBytes({ dimension: 174_000, ringBits })).to.equal(413_250);
      expect(uploadBytes({ dimension: 174_000, ringBits: 32 })).to.equal(696_000);
    });

    /** Whether all contributors of a round, all at one merchant and all alike, pass its clamp. */
    function holds(round: RoundTerms): boolean {
      const { scale, clamp } = quantisationOf(round);
      const { mechanism } = round;
      switch (mechanism.kind) {
        case 'laplace':
          return clamp >= 4000 * mechanism.l1Bound;
        case 'local':
          return clamp >= scale * mechanism.movementNorm;
        case 'gaussian':
        case 'none': {
          const isMerchants = round.task.$case === 'rerankerFedavg' || round.task.$case === 'towerFedavg';
          const sampled = Math.min(
            4000,
            mechanism.samplingRate * 4000 + 6 * Math.sqrt(mechanism.samplingRate * 4000) + 6,
          );
          return clamp >= (isMerchants ? 1 : Math.ceil(sampled)) * scale * mechanism.clipNorm;
        }
      }
    }
  });

  it('gives every job a model, a task and a dimension that go together', () => {
    const changes: readonly Partial<JobPlanOptions>[] = [
      { privacy: 'none' },
      { privacy: 'none', features: 'random' },
      { features: 'random' },
      { clipping: 'adaptive' },
      { jobs: ['mlp', 'tower'], noiseStrategy: 'local' },
    ];
    for (const change of changes)
      for (const job of planJobs(options(change))) {
        const [terms] = roundsOf(job);
        if (terms === undefined) throw new TypeError('a job has a round');
        requireCoherent(terms, taskOf(terms), decodeModel(job.model));
      }
  });

  it('names the jobs of every task; the MLP form is fine-tuned where no noise is added', () => {
    expect(jobsOfTask('statistics', 'noised')).to.deep.equal(['counts']);
    expect(jobsOfTask('gradients', 'noised')).to.deep.equal(['reranker']);
    expect(jobsOfTask('gradients', 'local')).to.deep.equal(['mlp']);
    expect(jobsOfTask('gradients', 'none')).to.deep.equal(['reranker', 'mlp']);
    expect(jobsOfTask('both', 'noised')).to.deep.equal(['reranker', 'counts']);
  });

  it('goes on from the releases of the plan that it follows, job by job', () => {
    const names = (change: Partial<JobPlanOptions>) =>
      planJobs(options({ jobs: ['reranker', 'counts'], ...change })).map(({ job, startsFrom }) => [job, startsFrom]);
    expect(names({ label: 'february', follows: 'january' })).to.deep.equal([
      ['reranker-february', 'reranker-january'],
      ['counts-toys-february', 'counts-toys-january'],
    ]);
    expect(names({ label: 'february', follows: '' })).to.deep.equal([
      ['reranker-february', 'reranker'],
      ['counts-toys-february', 'counts-toys'],
    ]);
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
