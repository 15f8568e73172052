import { expect } from 'chai';
import { streamRandom } from '../../crypto/index.js';
import {
  applySum,
  compileTerms,
  decodeModel,
  encodeModel,
  expectKind,
  mechanismEvent,
  planJobs,
  prepareInput,
} from '../../federation/index.js';
import type { JobPlanOptions, ModelKind, PlannedJob, RoundTerms } from '../../federation/index.js';
import { epsilonOf } from '../../privacy/index.js';
import type { Contract } from '../../proto/index.js';
import { expectCode } from '../expect-code.js';
import { openMarket } from './market.js';
import type { Market } from './market.js';
import { addInRing } from './ring.js';

describe('adaptive clipping in the gradient task', () => {
  let market: Market;

  before(async () => {
    market = await openMarket();
  });

  const jobOf = (clipping: JobPlanOptions['clipping']): PlannedJob => {
    const [job] = planJobs(market.plan({ jobs: ['mlp'], privacy: { epsilon: 8, delta: 1e-6 }, clipping }));
    if (job === undefined) throw new TypeError('the plan is empty');
    return job;
  };
  const contractOf = ({ template }: PlannedJob): Contract => ({
    ...template,
    federation: 'market',
    round: 1,
    step: 1,
    modelSha256: Buffer.alloc(32),
  });

  async function round(terms: RoundTerms, model: ModelKind, seed: number): Promise<ModelKind> {
    const sum = new Uint32Array(terms.dimension);
    for (const [m, data] of market.merchants.entries()) {
      const random = streamRandom(Buffer.alloc(32, 16 * seed + m));
      const { vector } = await prepareInput({ terms, model, data, random });
      addInRing(sum, vector, terms.ringBits);
    }
    const next = applySum({ terms, model, sum, survivors: market.merchants.length });
    return decodeModel(encodeModel(next));
  }

  it('costs what a fixed clip norm costs: the same accounted event, one coordinate more', () => {
    const fixed = compileTerms(contractOf(jobOf('fixed')));
    const adaptive = compileTerms(contractOf(jobOf('adaptive')));
    expect(adaptive.dimension).to.equal(fixed.dimension + 1);
    const costs = [fixed, adaptive].map((terms) => {
      const event = mechanismEvent(terms);
      return event === undefined ? NaN : epsilonOf([event], 1e-6);
    });
    expect(costs[1]).to.be.closeTo(costs[0] ?? NaN, 1e-3);
  });

  it('carries the clip norm with the model, which moves from round to round', async () => {
    const job = jobOf('adaptive');
    const terms = compileTerms(contractOf(job));
    const start = decodeModel(job.model);
    const first = await round(terms, start, 1);
    const second = await round(terms, first, 2);
    const norms = [first, second].map((model) => expectKind(model, 'mlpReranker').server?.clipNorm ?? NaN);
    expect(expectKind(start, 'mlpReranker').server?.clipNorm).to.equal(undefined);
    const clipNorm = terms.mechanism.kind === 'gaussian' ? terms.mechanism.clipNorm : NaN;
    for (const [i, norm] of norms.entries()) {
      const step = Math.abs(Math.log(norm / (norms[i - 1] ?? clipNorm)));
      expect(step).to.be.within(1e-6, 0.1 + 1e-9);
    }
    const fixed = jobOf('fixed');
    const still = await round(compileTerms(contractOf(fixed)), decodeModel(fixed.model), 1);
    expect(expectKind(still, 'mlpReranker').server?.clipNorm).to.equal(undefined);
  });

  it('is refused with rules out of range, and without noise', () => {
    const contract = contractOf(jobOf('adaptive'));
    const task = contract.task?.task;
    if (task?.$case !== 'rerankerGradients' || task.value.adaptiveClipping === undefined)
      throw new TypeError('the job adapts its clip norm');
    const { adaptiveClipping: rule } = task.value;
    const altered = (change: Partial<typeof rule>): Contract => ({
      ...contract,
      task: { task: { ...task, value: { ...task.value, adaptiveClipping: { ...rule, ...change } } } },
    });
    for (const change of [{ targetQuantile: 1 }, { learningRate: 0 }, { bitDeviation: 0.1 }, { bitDeviation: NaN }])
      expectCode(() => compileTerms(altered(change)), 'CONTRACT_MALFORMED');
    const privacy = {
      delta: 0,
      shopperMultiplicity: 1,
      mechanism: { $case: 'none', value: { clipNorm: 1, samplingRate: 1 } },
    } as const;
    expectCode(() => compileTerms({ ...contract, privacy }), 'CONTRACT_MALFORMED');
  });
});
