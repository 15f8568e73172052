import { expect } from 'chai';
import { checkPolicy, compileTerms, enforcePolicy, parsePolicy } from '../../federation/index.js';
import type { ErrorCode } from '../../errors/index.js';
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
    ['POLICY_COLLUDERS', { minimum_colluders: 3, minimum_survivors: 5 }],
    ['POLICY_MINIMUM_SURVIVORS', { minimum_survivors: 7 }],
    ['POLICY_NOISE', { minimum_noise_multiplier: 4.5 }],
    ['POLICY_DELTA', { maximum_delta: 1e-7 }],
    ['POLICY_ROUND_EPSILON', { epsilon_per_round: 0.5 }],
    ['POLICY_TASK', { allowed_tasks: ['neighbour-counts'] }],
    ['POLICY_CATALOGUE', { allowed_catalogues: ['toys'] }, countsOf('books')],
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

  it('refuses unknown fields, wrong types and floors that protect nobody', () => {
    for (const fields of [{ minimum_merchant: 5 }, { delta: '1e-6' }, { minimum_survivors: 4, minimum_colluders: 3 }]) {
      expectCode(() => parsePolicy(fields), 'POLICY_MALFORMED');
    }
  });
});
