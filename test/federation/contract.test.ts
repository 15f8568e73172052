import { expect } from 'chai';
import fc from 'fast-check';
import { SigningKey, streamRandom } from '../../crypto/index.js';
import { compileTerms, openContract, signContract } from '../../federation/index.js';
import type { Contract } from '../../proto/index.js';
import { expectCode } from '../expect-code.js';
import { newtonContract } from './contracts.js';

const key = SigningKey.generate(streamRandom(Buffer.alloc(32, 7)));
const stranger = SigningKey.generate(streamRandom(Buffer.alloc(32, 8)));

describe('round contract', () => {
  it('opens with the terms and the hash that it was signed with', () => {
    const signed = signContract(newtonContract(), key);
    const opened = openContract(signed.envelope, key.publicKey);
    expect(opened.sha256).to.deep.equal(signed.sha256);
    expect(opened.terms).to.deep.equal(signed.terms);
  });

  it('is refused when another key signed it, and when a signed byte changed', () => {
    const signed = signContract(newtonContract(), stranger);
    expectCode(() => openContract(signed.envelope, key.publicKey), 'CONTRACT_SIGNATURE_INVALID');
    const altered = structuredClone(signContract(newtonContract(), key).envelope);
    altered.payload[0] = (altered.payload[0] ?? 0) ^ 1;
    expectCode(() => openContract(altered, key.publicKey), 'CONTRACT_SIGNATURE_INVALID');
  });

  const mechanism = (value: NonNullable<Contract['privacy']>['mechanism']): Partial<Contract> => ({
    privacy: { mechanism: value, delta: 1e-6, shopperMultiplicity: 1 },
  });
  const roster = (change: Partial<NonNullable<Contract['roster']>>): Partial<Contract> => ({
    roster: { minimumMerchants: 8, colluders: 2, minimumSurvivors: 6, maximumMerchants: 8, ...change },
  });

  const BAD: readonly (readonly [field: string, change: Partial<Contract>])[] = [
    ['protocol_version', { protocolVersion: 2 }],
    ['federation', { federation: 'Not A Name' }],
    ['job', { job: '' }],
    ['round', { round: 0 }],
    ['step', { step: 2 }],
    ['steps', { steps: 0, step: 0 }],
    ['task', { task: undefined }],
    ['model_sha256', { modelSha256: Buffer.alloc(31) }],
    ['dimension', { dimension: 0 }],
    ['ring_bits', { ringBits: 33 }],
    ['roster', { roster: undefined }],
    ['roster.colluders', roster({ colluders: 0 })],
    ['roster.minimum_merchants', roster({ minimumMerchants: 3 })],
    ['roster.maximum_merchants', roster({ maximumMerchants: 7 })],
    ['roster.minimum_survivors', roster({ minimumSurvivors: 3 })],
    ['privacy', { privacy: undefined }],
    ['privacy.delta', { privacy: { ...required(newtonContract().privacy), delta: 1 } }],
    ['privacy.shopper_multiplicity', { privacy: { ...required(newtonContract().privacy), shopperMultiplicity: 0 } }],
    [
      'privacy.gaussian.clip_norm',
      mechanism({ $case: 'gaussian', value: { clipNorm: NaN, noiseMultiplier: 1, samplingRate: 1 } }),
    ],
    [
      'privacy.gaussian.noise_multiplier',
      mechanism({ $case: 'gaussian', value: { clipNorm: 1, noiseMultiplier: 0, samplingRate: 1 } }),
    ],
    [
      'privacy.gaussian.sampling_rate',
      mechanism({ $case: 'gaussian', value: { clipNorm: 1, noiseMultiplier: 1, samplingRate: 1.1 } }),
    ],
    [
      'privacy.laplace.l1_bound',
      mechanism({ $case: 'laplace', value: { l1Bound: 0, epsilonNumerator: 1, epsilonDenominator: 1 } }),
    ],
    [
      'privacy.laplace.epsilon_denominator',
      mechanism({ $case: 'laplace', value: { l1Bound: 1, epsilonNumerator: 1, epsilonDenominator: 0 } }),
    ],
    ['deadlines', { deadlines: undefined }],
    ['deadlines.shareMs', { deadlines: { ...required(newtonContract().deadlines), shareMs: 0 } }],
  ];

  for (const [field, change] of BAD) {
    it(`is malformed with a bad ${field}, and says so by name`, () => {
      const error = expectCode(() => compileTerms(newtonContract(change)), 'CONTRACT_MALFORMED');
      expect(error.details.field).to.equal(field);
    });
  }

  it('is never opened from bytes that nobody signed, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 64 }), (payload, sig) => {
        const envelope = { ...signContract(newtonContract(), key).envelope, payload, signatures: [{ keyid: '', sig }] };
        expectCode(() => openContract(envelope, key.publicKey), 'CONTRACT_SIGNATURE_INVALID');
      }),
    );
  });
});

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('the fixture lacks a field');
  return value;
}
