import { expect } from 'chai';
import { checkPolicy, compileTerms, enforcePolicy, parsePolicy, POLICY_PRESETS } from '../../federation/index.js';
import type { ErrorCode } from '../../errors/index.js';
import { NoiseStrategy } from '../../proto/index.js';
import type { Contract } from '../../proto/index.js';
import { expectCode } from '../expect-code.js';
import { newtonContract } from './contracts.js';

const context = { federation: 'market', roundsToday: 0 };
const without: Partial<Contract> = {
  privacy: {
    mechanism: { $case: 'none', value: { clipNorm: 6, samplingRate: 1 } },
    delta: 0,
    shopperMultiplicity: 1,
  },
};

const removable: Partial<Contract> = {
  privacy: {
    mechanism: { $case: 'gaussian', value: { clipNorm: 6, noiseMultiplier: 4, samplingRate: 1 } },
    delta: 1e-6,
    shopperMultiplicity: 1,
    noiseStrategy: NoiseStrategy.NOISE_STRATEGY_REMOVABLE,
  },
};

const countsOf = (catalogue: string): Partial<Contract> => ({
  task: { task: { $case: 'neighbourCounts', value: { catalogue, maximumLag: 20, historyLength: 60 } } },
  privacy: {
    mechanism: { $case: 'laplace', value: { l1Bound: 1, epsilonNumerator: 1, epsilonDenominator: 1 } },
    delta: 1e-6,
    shopperMultiplicity: 1,
  },
});

describe('merchant policy', () => {
  it('by default accepts a contract with noise and the roster rules of the demo', () => {
    const verdict = checkPolicy(parsePolicy({}), compileTerms(newtonContract()), context);
    expect(verdict.rules.filter((rule) => !rule.accepted)).to.deep.equal([]);
    expect(verdict.accepted).to.equal(true);
  });

  const REFUSALS: readonly (readonly [code: ErrorCode, fields: object, change?: Partial<Contract>])[] = [
    ['POLICY_MINIMUM_MERCHANTS', { minimum_merchants: 9 }],
    ['POLICY_MAXIMUM_MERCHANTS', { maximum_merchants: 7 }],
    ['POLICY_COLLUDERS', { minimum_colluders: 3, minimum_survivors: 5 }],
    ['POLICY_MINIMUM_SURVIVORS', { minimum_survivors: 7 }],
    ['POLICY_NOISE', { minimum_noise_multiplier: 4.5 }],
    ['POLICY_DELTA', { maximum_delta: 1e-7 }],
    ['POLICY_ROUND_EPSILON', { epsilon_per_round: 0.5 }],
    ['POLICY_JOB_EPSILON', { epsilon_per_job: 2 }, { steps: 4 }],
    ['POLICY_ADVANTAGE', { maximum_advantage: 0.05 }],
    ['POLICY_SAMPLING_RATE', { maximum_sampling_rate: 0.5 }],
    ['POLICY_SHOPPER_MULTIPLICITY', { minimum_shopper_multiplicity: 2 }],
    ['POLICY_JOB_ROUNDS', { maximum_rounds_per_job: 3 }, { steps: 4 }],
    ['POLICY_PHASE_LENGTH', { maximum_phase_minutes: 0.01 }],
    ['POLICY_TASK', { allowed_tasks: ['neighbour-counts'] }],
    ['POLICY_CATALOGUE', { allowed_catalogues: ['toys'] }, countsOf('books')],
    ['POLICY_NOISE_STRATEGY', { noise_strategies: ['worst-case'] }, removable],
    ['POLICY_MESSAGE_SIZE', { maximum_upload_mib: 0.0001 }],
    ['POLICY_APPROVAL', { auto_approve: false }],
    ['POLICY_FEDERATION', {}, { federation: 'elsewhere' }],
    ['POLICY_NO_NOISE', {}, without],
  ];
  for (const [code, fields, change] of REFUSALS) {
    it(`refuses with ${code}, and accepts the same contract without that rule`, () => {
      const terms = compileTerms(newtonContract(change));
      const verdict = checkPolicy(parsePolicy(fields), terms, context);
      expect(verdict.rules.flatMap((rule) => rule.code ?? [])).to.deep.equal([code]);
      expectCode(() => enforcePolicy(verdict), code);
      const offered = verdict.rules.find((rule) => rule.code === code);
      expect(offered?.contract, "the contract's value").not.to.equal('');
      expect(offered?.policy, "the policy's value").not.to.equal('');
      const relaxed = { allow_without_noise: true, auto_approve: true };
      const accepted = checkPolicy(parsePolicy(relaxed), terms, { ...context, federation: terms.federation });
      expect(accepted.accepted).to.equal(true);
    });
  }

  it('counts the rounds of a day', () => {
    const terms = compileTerms(newtonContract());
    const policy = parsePolicy({ rounds_per_day: 3 });
    expect(checkPolicy(policy, terms, { ...context, roundsToday: 2 }).accepted).to.equal(true);
    expectCode(() => enforcePolicy(checkPolicy(policy, terms, { ...context, roundsToday: 3 })), 'POLICY_ROUNDS');
  });

  it('accepts a named job where a person decides', () => {
    const policy = parsePolicy({ auto_approve: false, approved_jobs: ['reranker'] });
    expect(checkPolicy(policy, compileTerms(newtonContract()), context).accepted).to.equal(true);
  });

  it('prints every ε with its advantage', () => {
    const { rules } = checkPolicy(parsePolicy({}), compileTerms(newtonContract()), context);
    const epsilons = rules.filter(({ rule }) => rule.startsWith('epsilon_'));
    expect(epsilons).to.have.length(2);
    for (const { contract, sentence } of epsilons) {
      expect(contract).to.match(/^[\d.]+ \(advantage at most [\d.]+\)$/);
      expect(sentence).to.include(contract);
    }
  });

  it('judges a contract that plans any number of rounds, without counting them one by one', () => {
    const many = compileTerms(newtonContract({ ...countsOf('books'), steps: 2 ** 32 - 1 }));
    expectCode(() => enforcePolicy(checkPolicy(parsePolicy({}), many, context)), 'POLICY_JOB_EPSILON');
  });

  it('starts from a preset, which single fields override', () => {
    expect(parsePolicy({})).to.deep.equal(parsePolicy({ preset: 'balanced' }));
    const strict = parsePolicy({ preset: 'strict', epsilon_total: 2 });
    expect(strict).to.deep.equal({ ...POLICY_PRESETS.strict, preset: 'strict', epsilon_total: 2 });
    expectCode(() => parsePolicy({ preset: 'lenient' }), 'POLICY_MALFORMED');
  });

  it('grows stricter from research over balanced to strict, and only research goes without noise', () => {
    const { strict, balanced, research } = POLICY_PRESETS;
    for (const [tighter, wider] of [
      [strict, balanced],
      [balanced, research],
    ] as const) {
      for (const field of ['epsilon_per_round', 'epsilon_per_job', 'epsilon_per_period', 'epsilon_total'] as const)
        expect(tighter[field], field).to.be.below(wider[field]);
      for (const field of ['minimum_merchants', 'minimum_survivors', 'minimum_colluders'] as const)
        expect(tighter[field], field).to.be.at.least(wider[field]);
      expect(tighter.maximum_delta).to.be.at.most(wider.maximum_delta);
    }
    expect([strict, balanced, research].map((each) => each.allow_without_noise)).to.deep.equal([false, false, true]);
    expect([strict, balanced, research].some((each) => each.trust_platform_roster)).to.equal(false);
    for (const preset of ['strict', 'balanced', 'research'] as const) parsePolicy({ preset });
  });

  it('refuses unknown fields, wrong types and floors that protect nobody', () => {
    for (const fields of [
      { minimum_merchant: 5 },
      { delta: '1e-6' },
      { minimum_survivors: 4, minimum_colluders: 3 },
      { maximum_merchants: 5, minimum_merchants: 6 },
    ]) {
      expectCode(() => parsePolicy(fields), 'POLICY_MALFORMED');
    }
  });
});
