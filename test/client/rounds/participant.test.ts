import { expect } from 'chai';
import { pino } from 'pino';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readKeptReceipt } from '../../../client/ledger/kept-receipt.js';
import { Ledger } from '../../../client/ledger/ledger.js';
import type { LedgerPaths } from '../../../client/ledger/ledger.js';
import { ModelStore } from '../../../client/models.js';
import { takePart } from '../../../client/rounds/participant.js';
import type { ParticipantContext } from '../../../client/rounds/participant.js';
import type { RoundOutcome } from '../../../client/rounds/outcome.js';
import { statePaths } from '../../../client/state/directory.js';
import type { PrepareRequest } from '../../../client/training/messages.js';
import { osRandom, SigningKey } from '../../../crypto/index.js';
import { GuildhallError } from '../../../errors/index.js';
import { parsePolicy } from '../../../federation/index.js';
import type { SignedContract } from '../../../federation/index.js';
import { Phase, Sharing } from '../../../proto/index.js';
import type { Receipt } from '../../../proto/index.js';
import { ManualClock, SkippingClock } from '../manual-clock.js';
import { codeOf, temporaryDirectory } from '../workspace.js';
import { CONTRACT_KEY, contractFor, identity, MEMBERS, OWN, ScriptedRound } from './scripted-round.js';
import type { ContractOptions, Hooks } from './scripted-round.js';

const unreachable = (): GuildhallError => new GuildhallError('COORDINATOR_UNREACHABLE', 'no answer');

describe('a participation', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let paths: LedgerPaths;
  let ledger: Ledger;
  let prepared: number;
  let clock: SkippingClock | ManualClock;

  beforeEach(() => {
    workspace = temporaryDirectory();
    paths = statePaths(workspace.path);
    mkdirSync(join(workspace.path, 'models'));
    ledger = Ledger.create(paths, 0);
    prepared = 0;
    clock = new SkippingClock();
  });
  afterEach(() => {
    ledger.close();
    workspace.remove();
  });

  const context = (api: ScriptedRound, change: Partial<ParticipantContext> = {}): ParticipantContext => ({
    api,
    merchant: OWN,
    federation: 'market',
    identity: identity(OWN),
    contractKey: CONTRACT_KEY.publicKey,
    policy: () => parsePolicy({}),
    members: async () => MEMBERS,
    ledger,
    models: new ModelStore(join(workspace.path, 'models')),
    trainer: {
      prepare: async ({ terms }) => {
        prepared += 1;
        return { vector: new Uint32Array(terms.dimension).fill(7) };
      },
      load: () => Promise.reject(new Error('not asked for')),
      evaluate: () => Promise.reject(new Error('not asked for')),
      close: () => Promise.resolve(),
    },
    random: osRandom,
    clock,
    logger: pino({ level: 'silent' }),
    ...change,
  });

  const play = async (
    contract: SignedContract,
    round: ScriptedRound,
    change: Partial<ParticipantContext> = {},
    signal = new AbortController().signal,
  ): Promise<RoundOutcome> => (await takePart(contract.envelope, round.feed, context(round, change), signal)).outcome;

  /** Plays a round in which nobody but the merchant under test says no, and expects it to. */
  const declines = async (
    options: ContractOptions,
    change: Partial<ParticipantContext> = {},
    hooks: Hooks = {},
  ): Promise<{ code: string; round: ScriptedRound }> => {
    const contract = contractFor(options);
    const round = new ScriptedRound(contract, hooks);
    const outcome = await play(contract, round, change);
    expect(outcome.kind).to.equal('declined');
    const code = outcome.kind === 'declined' ? outcome.code : '';
    expect(round.declined).to.deep.equal([code]);
    expect(ledger.refusals().map((refusal) => refusal.code)).to.include(code);
    return { code, round };
  };

  it('goes through every step once, spends, and unmasks', async () => {
    const contract = contractFor();
    const round = new ScriptedRound(contract);
    expect(await play(contract, round)).to.deep.equal({ kind: 'done' });
    expect(round.calls).to.deep.equal([
      'downloadModel',
      'advertise',
      'roster',
      'share',
      'delivery',
      'upload',
      'survivors',
      'agree',
      'agreements',
      'unmask',
    ]);
    expect(ledger.entries).to.have.length(1);
    expect(round.feed.phase).to.equal(Phase.PHASE_DONE);
  });

  it('draws removable noise for the roster that it has checked, and reveals its excess with R4, never before', async () => {
    const contract = contractFor({ noiseStrategy: 'removable' });
    const round: ScriptedRound = new ScriptedRound(contract, {
      agree: () => {
        expect(round.attachments.size).to.equal(0);
      },
    });
    const componentKey = new Uint8Array(32).fill(5);
    const rosters: (number | undefined)[] = [];
    const trainer = {
      ...context(round).trainer,
      prepare: async ({ terms, rosterSize }: PrepareRequest) => {
        expect(round.calls).to.include('delivery');
        rosters.push(rosterSize);
        return { vector: new Uint32Array(terms.dimension), componentKey };
      },
    };
    expect(await play(contract, round, { trainer })).to.deep.equal({ kind: 'done' });
    expect(rosters).to.deep.equal([contract.terms.roster.maximumMerchants]);
    // Everybody stayed: every removable component follows from the first one's key.
    expect(Buffer.from(round.attachments.get(OWN) ?? []).equals(Buffer.alloc(32, 5))).to.equal(true);
    expect(
      componentKey.every((byte) => byte === 0),
      'erased',
    ).to.equal(true);
  });

  it('writes the journal before its first message, and the ledger entry before the upload', async () => {
    const contract = contractFor();
    const seen: string[] = [];
    const look = (step: string) => (): void => {
      const copy = { ...paths, ledger: `${paths.ledger}.${step}`, anchor: `${paths.anchor}.${step}` };
      copyFileSync(paths.ledger, copy.ledger);
      copyFileSync(paths.anchor, copy.anchor);
      const there = Ledger.open(copy);
      const name = { job: 'reranker', round: 1, contractSha256: contract.sha256 };
      seen.push(`${step}: begun ${there.hasJoined(name)}, spent ${there.entries.length}`);
      there.close();
    };
    const hooks = {
      downloadModel: look('model'),
      advertise: look('advertise'),
      delivery: look('delivery'),
      upload: look('upload'),
    };
    await play(contract, new ScriptedRound(contract, hooks));
    expect(seen).to.deep.equal([
      'model: begun false, spent 0',
      'advertise: begun true, spent 0',
      'delivery: begun true, spent 0',
      'upload: begun true, spent 1',
    ]);
  });

  for (const [crash, spent] of [
    ['advertise', 0],
    ['delivery', 0],
    ['upload', 1],
  ] as const) {
    it(`that dies at ${crash} is never taken up again, and what was spent stays spent`, async () => {
      const contract = contractFor();
      const stop = new AbortController();
      const died = new Promise<void>((resolve) => {
        const hooks = {
          [crash]: () => {
            resolve();
            return new Promise<void>(() => undefined);
          },
        };
        void play(contract, new ScriptedRound(contract, hooks), {}, stop.signal);
      });
      await died;
      // The process is gone; another one opens the same files.
      const after = { ...paths, ledger: `${paths.ledger}.after`, anchor: `${paths.anchor}.after` };
      copyFileSync(paths.ledger, after.ledger);
      copyFileSync(paths.anchor, after.anchor);
      const reopened = Ledger.open(after);
      const again = new ScriptedRound(contract);
      expect(await play(contract, again, { ledger: reopened })).to.deep.equal({ kind: 'known' });
      expect(again.calls).to.deep.equal(['decline']);
      expect(again.declined).to.deep.equal(['ROUND_ALREADY_JOINED']);
      expect(reopened.entries).to.have.length(spent);
      reopened.close();
    });
  }

  it('declines a contract of another key, an altered one and an impossible one, without touching data', async () => {
    const key = SigningKey.fromSeed(new Uint8Array(32).fill(50));
    expect((await declines({ key })).code).to.equal('CONTRACT_SIGNATURE_INVALID');
    const altered = contractFor();
    altered.envelope.payload[5] = (altered.envelope.payload[5] ?? 0) ^ 1;
    const round = new ScriptedRound(contractFor());
    expect(await play(altered, round)).to.include({ kind: 'declined', code: 'CONTRACT_SIGNATURE_INVALID' });
    expect(prepared).to.equal(0);
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
      const declined = await declines(options, change);
      expect(declined.code).to.equal(code);
      expect(declined.round.calls, code).to.deep.equal(['decline']);
    }
    expect(prepared).to.equal(0);
    expect(ledger.entries).to.deep.equal([]);
  });

  it('declines when the rounds of the day are used up', async () => {
    const first = contractFor();
    const policy = () => parsePolicy({ rounds_per_day: 1 });
    await play(first, new ScriptedRound(first), { policy });
    expect((await declines({ round: 2 }, { policy })).code).to.equal('POLICY_ROUNDS');
  });

  it('declines a round that the budget no longer allows after earlier ones', async () => {
    const policy = () => parsePolicy({ epsilon_total: 1.2, epsilon_per_period: 1.2 });
    const first = contractFor();
    expect(await play(first, new ScriptedRound(first), { policy })).to.deep.equal({ kind: 'done' });
    expect((await declines({ round: 2 }, { policy })).code).to.equal('BUDGET_EXHAUSTED');
    expect(ledger.entries).to.have.length(1);
  });

  it('declines a model that is not the contract’s, asks for it once, and touches no data', async () => {
    const contract = contractFor();
    const round = new ScriptedRound(contract);
    round.model = Uint8Array.from([...round.model, 0]);
    expect(await play(contract, round)).to.include({ kind: 'declined', code: 'MODEL_HASH_MISMATCH' });
    expect(round.calls).to.deep.equal(['downloadModel', 'decline']);
    expect(prepared).to.equal(0);
  });

  it('opens its coin before it shares where more than 200 merchants came, and deals to whom the coins say', async () => {
    const contract = contractFor({ maximumMerchants: 300 });
    const round: ScriptedRound = new ScriptedRound(
      contract,
      {
        share: () => {
          throw new GuildhallError('PHASE_PASSED', 'far enough');
        },
      },
      { bystanders: 210 },
    );
    let dealt = 0;
    const share = round.share.bind(round);
    round.share = (hash, envelope) => {
      dealt = Sharing.decode(envelope.payload).shares.length;
      return share(hash, envelope);
    };
    const outcome = await play(contract, round, { members: async () => round.members });
    expect(outcome).to.include({ kind: 'left', code: 'PHASE_PASSED' });
    expect(round.calls).to.deep.equal(['downloadModel', 'advertise', 'roster', 'open', 'coins', 'share']);
    expect(dealt).to.be.within(20, 90);
  });

  it('declines a roster with a merchant that it has not pinned, before it shares anything', async () => {
    const contract = contractFor();
    const round = new ScriptedRound(contract, {}, { sybil: 'puppet' });
    expect(await play(contract, round)).to.include({ kind: 'declined', code: 'SECAGG_NOT_A_MEMBER' });
    expect(round.calls).not.to.include('share');
    expect(ledger.entries).to.deep.equal([]);
  });

  it('keeps the receipt that countersigns its ledger as it was when the input left', async () => {
    const contract = contractFor();
    await play(contract, new ScriptedRound(contract));
    const kept = readKeptReceipt(paths.receipt);
    expect(kept?.ledgerHead).to.equal(ledger.records.findLast(({ entry }) => entry.kind === 'spent')?.hash);
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
      expect(await play(contract, round, { policy })).to.include({ kind: 'declined', code: 'RECEIPT_INVALID' });
      expect(round.calls).not.to.include('agree');
    }
    expect(readKeptReceipt(paths.receipt)).to.equal(undefined);
    expect(ledger.entries, 'what left was paid for').to.have.length(spoilt.length);
  });

  it('sends the same bytes again after a failure that can pass, and waits longer each time', async () => {
    const contract = contractFor();
    let failures = 3;
    const hooks = {
      upload: () => {
        failures -= 1;
        if (failures >= 0) throw unreachable();
      },
    };
    const round = new ScriptedRound(contract, hooks);
    expect(await play(contract, round)).to.deep.equal({ kind: 'done' });
    expect(round.uploads).to.have.length(4);
    expect(new Set(round.uploads.map((bytes) => Buffer.from(bytes).toString('hex'))).size).to.equal(1);
    expect(ledger.entries, 'spent once').to.have.length(1);
  });

  it('leaves when the coordinator stays silent past a phase, without a word', async () => {
    const contract = contractFor();
    const hooks = {
      roster: () => {
        throw unreachable();
      },
    };
    const round = new ScriptedRound(contract, hooks);
    expect(await play(contract, round)).to.include({ kind: 'left', code: 'COORDINATOR_UNREACHABLE' });
    expect(round.declined).to.deep.equal([]);
  });

  it('leaves when a phase does not come in time', async () => {
    const manual = new ManualClock();
    clock = manual;
    const contract = contractFor();
    const round = new ScriptedRound(contract);
    round.advertise = async () => {
      setImmediate(() => manual.advance(60_000));
    };
    const outcome = await play(contract, round);
    expect(outcome).to.include({ kind: 'left', code: 'ROUND_DEADLINE' });
  });

  it('leaves at once when the coordinator aborts the round, whatever it is doing', async () => {
    const contract = contractFor();
    const round: ScriptedRound = new ScriptedRound(contract, {
      delivery: () => {
        round.feed.update({ phase: Phase.PHASE_ABORTED, code: 'QUORUM_MISSED_SHARING' });
        throw unreachable();
      },
    });
    expect(await play(contract, round)).to.include({ kind: 'left', code: 'ROUND_ENDED' });
    expect(ledger.entries).to.deep.equal([]);
  });

  it('leaves when the coordinator says that the step has passed', async () => {
    const contract = contractFor();
    const round = new ScriptedRound(contract, {
      share: () => {
        throw new GuildhallError('PHASE_PASSED', 'too late');
      },
    });
    expect(await play(contract, round)).to.include({ kind: 'left', code: 'PHASE_PASSED' });
  });

  it('declines with CLIENT_STOPPED when it is asked to stop, and uploads nothing', async () => {
    const contract = contractFor();
    const stop = new AbortController();
    const round = new ScriptedRound(contract, {
      delivery: () => stop.abort(new GuildhallError('CLIENT_STOPPED', 'stop')),
    });
    expect(await play(contract, round, {}, stop.signal)).to.include({ kind: 'declined', code: 'CLIENT_STOPPED' });
    expect(round.declined).to.deep.equal(['CLIENT_STOPPED']);
    expect(round.uploads).to.deep.equal([]);
    expect(ledger.entries).to.deep.equal([]);
  });

  it('uploads nothing when the ledger cannot be written', async () => {
    const contract = contractFor();
    const round = new ScriptedRound(contract, { delivery: () => ledger.close() });
    const outcome = await play(contract, round);
    expect(outcome.kind).to.equal('declined');
    expect(round.uploads).to.deep.equal([]);
    ledger = Ledger.open(paths);
  });

  it('tells one and the same code for everything that goes wrong with the shop’s own data', async () => {
    for (const code of ['DATA_EMPTY', 'CLIENT_FILE_MISSING', 'ENGINE_UNAVAILABLE', 'STATE_DISK_FULL'] as const) {
      const contract = contractFor({ round: 1 + ledger.refusals().length });
      const round = new ScriptedRound(contract);
      const trainer = {
        ...context(round).trainer,
        prepare: () => Promise.reject(new GuildhallError(code, 'something about the data')),
      };
      expect(await play(contract, round, { trainer })).to.include({ kind: 'declined', code });
      expect(round.declined).to.deep.equal(['TRAINING_FAILED']);
    }
  });

  it('lets an upload leave at a slot that tells little of how long the training took', async () => {
    const manual = new ManualClock();
    clock = manual;
    const contract = contractFor();
    const round = new ScriptedRound(contract);
    const trainer = {
      ...context(round).trainer,
      prepare: async () => {
        while (!round.calls.includes('delivery')) await new Promise(setImmediate);
        manual.advance(700);
        return { vector: new Uint32Array(contract.terms.dimension) };
      },
    };
    const done = play(contract, round, { trainer });
    while (!manual.waits.includes(300)) await new Promise(setImmediate);
    expect(round.uploads).to.deep.equal([]);
    manual.advance(300);
    expect(await done).to.deep.equal({ kind: 'done' });
  });

  it('without noise, unmasks for the same cohort again, and not for one that differs by too few', async () => {
    const policy = () => parsePolicy({ allow_without_noise: true });
    const play1 = contractFor({ epsilon: 'none' });
    expect(await play(play1, new ScriptedRound(play1), { policy })).to.deep.equal({ kind: 'done' });
    const play2 = contractFor({ epsilon: 'none', round: 2 });
    expect(await play(play2, new ScriptedRound(play2), { policy })).to.deep.equal({ kind: 'done' });
    expect(ledger.entries).to.deep.equal([]);
    ledger.recordCohort(play1.terms.modelSha256, ['north', 'east', 'south'], 0);
    const play3 = contractFor({ epsilon: 'none', round: 3 });
    const round = new ScriptedRound(play3);
    expect(await play(play3, round, { policy })).to.include({ kind: 'declined', code: 'ROUND_COHORT_TOO_CLOSE' });
    expect(round.calls).not.to.include('agree');
    expect(codeOf(() => ledger.join({ job: 'reranker', round: 3, contractSha256: play3.sha256 }, 0))).to.equal(
      'ROUND_ALREADY_JOINED',
    );
  });
});
