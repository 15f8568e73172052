import { expect } from 'chai';
import { readKeptReceipt } from '../../../client/ledger/kept-receipt.js';
import { Ledger } from '../../../client/ledger/ledger.js';
import type { ParticipantContext } from '../../../client/rounds/context.js';
import { SigningKey } from '../../../crypto/index.js';
import { GuildhallError } from '../../../errors/index.js';
import { parsePolicy } from '../../../federation/index.js';
import type { Receipt } from '../../../proto/index.js';
import { codeOf } from '../workspace.js';
import { contractFor, ScriptedRound } from './scripted-round.js';
import type { ContractOptions } from './scripted-round.js';
import { TestParticipant } from './test-participant.js';

describe('a participation that declines', () => {
  let merchant: TestParticipant;
  beforeEach(() => {
    merchant = new TestParticipant();
  });
  afterEach(() => {
    merchant.remove();
  });

  it('declines a contract of another key, an altered one and an impossible one, without touching data', async () => {
    const key = SigningKey.fromSeed(new Uint8Array(32).fill(50));
    expect((await merchant.declines({ key })).code).to.equal('CONTRACT_SIGNATURE_INVALID');
    const altered = contractFor();
    altered.envelope.payload[5] = (altered.envelope.payload[5] ?? 0) ^ 1;
    const round = new ScriptedRound(contractFor());
    expect(await merchant.play(altered, round)).to.include({ kind: 'declined', code: 'CONTRACT_SIGNATURE_INVALID' });
    expect(merchant.prepared).to.equal(0);
  });

  it('declines what the policy forbids, under the code of the rule, without touching data', async () => {
    const policy = (fields: object) => ({ policy: () => parsePolicy(fields) });
    const cases: [string, Partial<ParticipantContext>, ContractOptions][] = [
      ['POLICY_FEDERATION', { federation: 'elsewhere' }, {}],
      ['POLICY_MINIMUM_MERCHANTS', policy({ minimum_merchants: 5 }), {}],
      ['POLICY_COLLUDERS', policy({ minimum_colluders: 2, minimum_survivors: 4 }), {}],
      ['POLICY_MINIMUM_SURVIVORS', policy({ minimum_survivors: 4 }), {}],
      ['POLICY_NOISE', policy({ minimum_noise_multiplier: 50 }), {}],
      ['POLICY_ROUND_EPSILON', policy({ epsilon_per_round: 0.5 }), {}],
      ['POLICY_DELTA', policy({ maximum_delta: 1e-7 }), {}],
      ['POLICY_TASK', policy({ allowed_tasks: ['neighbour-counts'] }), {}],
      ['POLICY_MESSAGE_SIZE', policy({ maximum_upload_mib: 0.0001 }), {}],
      ['POLICY_APPROVAL', policy({ auto_approve: false }), {}],
      ['POLICY_NO_NOISE', {}, { epsilon: 'none' }],
      ['BUDGET_EXHAUSTED', policy({ epsilon_total: 0.5, epsilon_per_period: 0.5 }), {}],
    ];
    for (const [code, change, options] of cases) {
      const declined = await merchant.declines(options, change);
      expect(declined.code).to.equal(code);
      expect(declined.round.calls, code).to.deep.equal(['decline']);
    }
    expect(merchant.prepared).to.equal(0);
    expect(merchant.ledger.entries).to.deep.equal([]);
  });

  it('declines when the rounds of the day are used up', async () => {
    const first = contractFor();
    const policy = () => parsePolicy({ rounds_per_day: 1 });
    await merchant.play(first, new ScriptedRound(first), { policy });
    expect((await merchant.declines({ round: 2 }, { policy })).code).to.equal('POLICY_ROUNDS');
  });

  it('declines a round that the budget no longer allows after earlier ones', async () => {
    const policy = () => parsePolicy({ epsilon_total: 1.2, epsilon_per_period: 1.2 });
    const first = contractFor();
    expect(await merchant.play(first, new ScriptedRound(first), { policy })).to.deep.equal({ kind: 'done' });
    expect((await merchant.declines({ round: 2 }, { policy })).code).to.equal('BUDGET_EXHAUSTED');
    expect(merchant.ledger.entries).to.have.length(1);
  });

  it('declines a model that is not the contract’s, asks for it once, and touches no data', async () => {
    const contract = contractFor();
    const round = new ScriptedRound(contract);
    round.model = Uint8Array.from([...round.model, 0]);
    expect(await merchant.play(contract, round)).to.include({ kind: 'declined', code: 'MODEL_HASH_MISMATCH' });
    expect(round.calls).to.deep.equal(['downloadModel', 'decline']);
    expect(merchant.prepared).to.equal(0);
  });

  it('declines a roster with a merchant that it has not pinned, before it shares anything', async () => {
    const contract = contractFor();
    const round = new ScriptedRound(contract, {}, { sybil: 'puppet' });
    expect(await merchant.play(contract, round)).to.include({ kind: 'declined', code: 'SECAGG_NOT_A_MEMBER' });
    expect(round.calls).not.to.include('share');
    expect(merchant.ledger.entries).to.deep.equal([]);
  });

  it('refuses to go on without a receipt for this very upload, ledger and merchant, under the pinned key', async () => {
    const spoilt: ((receipt: Receipt) => Receipt)[] = [
      (receipt) => ({ ...receipt, merchant: 'east' }),
      (receipt) => ({ ...receipt, contractSha256: Buffer.alloc(32) }),
      (receipt) => ({ ...receipt, vectorSha256: Buffer.alloc(32) }),
      (receipt) => ({ ...receipt, ledgerHead: Buffer.alloc(32) }),
      (receipt) => ({ ...receipt, ledgerHead: Buffer.alloc(0) }),
    ];
    const policy = () => parsePolicy({ epsilon_total: 100, epsilon_per_period: 100 });
    for (const [at, spoil] of spoilt.entries()) {
      const contract = contractFor({ round: at + 1 });
      const round = new ScriptedRound(contract);
      round.receipt = spoil;
      expect(await merchant.play(contract, round, { policy })).to.include({
        kind: 'declined',
        code: 'RECEIPT_INVALID',
      });
      expect(round.calls).not.to.include('agree');
    }
    expect(readKeptReceipt(merchant.paths.receipt)).to.equal(undefined);
    expect(merchant.ledger.entries, 'what left was paid for').to.have.length(spoilt.length);
  });

  it('uploads nothing when the ledger cannot be written', async () => {
    const contract = contractFor();
    const round = new ScriptedRound(contract, { delivery: () => merchant.ledger.close() });
    const outcome = await merchant.play(contract, round);
    expect(outcome.kind).to.equal('declined');
    expect(round.uploads).to.deep.equal([]);
    merchant.ledger = Ledger.open(merchant.paths);
  });

  it('tells one and the same code for everything that goes wrong with the shop’s own data', async () => {
    for (const code of ['DATA_EMPTY', 'CLIENT_FILE_MISSING', 'ENGINE_UNAVAILABLE', 'STATE_DISK_FULL'] as const) {
      const contract = contractFor({ round: 1 + merchant.ledger.refusals().length });
      const round = new ScriptedRound(contract);
      const trainer = {
        ...merchant.context(round).trainer,
        prepare: () => Promise.reject(new GuildhallError(code, 'something about the data')),
      };
      expect(await merchant.play(contract, round, { trainer })).to.include({ kind: 'declined', code });
      expect(round.declined).to.deep.equal(['TRAINING_FAILED']);
    }
  });

  it('without noise, unmasks for the same cohort again, and not for one that differs by too few', async () => {
    const policy = () => parsePolicy({ allow_without_noise: true });
    const play1 = contractFor({ epsilon: 'none' });
    expect(await merchant.play(play1, new ScriptedRound(play1), { policy })).to.deep.equal({ kind: 'done' });
    const play2 = contractFor({ epsilon: 'none', round: 2 });
    expect(await merchant.play(play2, new ScriptedRound(play2), { policy })).to.deep.equal({ kind: 'done' });
    expect(merchant.ledger.entries).to.deep.equal([]);
    merchant.ledger.recordCohort(play1.terms.modelSha256, ['north', 'east', 'south'], 0);
    const play3 = contractFor({ epsilon: 'none', round: 3 });
    const round = new ScriptedRound(play3);
    expect(await merchant.play(play3, round, { policy })).to.include({
      kind: 'declined',
      code: 'ROUND_COHORT_TOO_CLOSE',
    });
    expect(round.calls).not.to.include('agree');
    expect(codeOf(() => merchant.ledger.join({ job: 'reranker', round: 3, contractSha256: play3.sha256 }, 0))).to.equal(
      'ROUND_ALREADY_JOINED',
    );
  });
});
