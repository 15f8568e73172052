import { expect } from 'chai';
import { copyFileSync } from 'node:fs';
import { readKeptReceipt } from '../../../client/ledger/kept-receipt.js';
import { Ledger } from '../../../client/ledger/ledger.js';
import type { PrepareRequest } from '../../../client/training/messages.js';
import { GuildhallError } from '../../../errors/index.js';
import { Phase, Sharing } from '../../../proto/index.js';
import { ManualClock } from '../manual-clock.js';
import { contractFor, OWN, ScriptedRound } from './scripted-round.js';
import { TestParticipant } from './test-participant.js';

const unreachable = (): GuildhallError => new GuildhallError('COORDINATOR_UNREACHABLE', 'no answer');

describe('a participation', () => {
  let merchant: TestParticipant;
  beforeEach(() => {
    merchant = new TestParticipant();
  });
  afterEach(() => {
    merchant.remove();
  });

  it('goes through every step once, spends, and unmasks', async () => {
    const contract = contractFor();
    const round = new ScriptedRound(contract);
    expect(await merchant.play(contract, round)).to.deep.equal({ kind: 'done' });
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
    expect(merchant.ledger.entries).to.have.length(1);
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
      ...merchant.context(round).trainer,
      prepare: async ({ terms, rosterSize }: PrepareRequest) => {
        expect(round.calls).to.include('delivery');
        rosters.push(rosterSize);
        return { vector: new Uint32Array(terms.dimension), componentKey };
      },
    };
    expect(await merchant.play(contract, round, { trainer })).to.deep.equal({ kind: 'done' });
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
      const copy = {
        ...merchant.paths,
        ledger: `${merchant.paths.ledger}.${step}`,
        anchor: `${merchant.paths.anchor}.${step}`,
      };
      copyFileSync(merchant.paths.ledger, copy.ledger);
      copyFileSync(merchant.paths.anchor, copy.anchor);
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
    await merchant.play(contract, new ScriptedRound(contract, hooks));
    expect(seen).to.deep.equal([
      'model: begun false, spent 0',
      'advertise: begun true, spent 0',
      'delivery: begun true, spent 0',
      'upload: begun true, spent 1',
    ]);
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
    const outcome = await merchant.play(contract, round, { members: async () => round.members });
    expect(outcome).to.include({ kind: 'left', code: 'PHASE_PASSED' });
    expect(round.calls).to.deep.equal(['downloadModel', 'advertise', 'roster', 'open', 'coins', 'share']);
    expect(dealt).to.be.within(20, 90);
  });

  it('keeps the receipt that countersigns its ledger as it was when the input left', async () => {
    const contract = contractFor();
    await merchant.play(contract, new ScriptedRound(contract));
    const kept = readKeptReceipt(merchant.paths.receipt);
    expect(kept?.ledgerHead).to.equal(merchant.ledger.records.findLast(({ entry }) => entry.kind === 'spent')?.hash);
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
    expect(await merchant.play(contract, round)).to.deep.equal({ kind: 'done' });
    expect(round.uploads).to.have.length(4);
    expect(new Set(round.uploads.map((bytes) => Buffer.from(bytes).toString('hex'))).size).to.equal(1);
    expect(merchant.ledger.entries, 'spent once').to.have.length(1);
  });

  it('lets an upload leave at a slot that tells little of how long the training took', async () => {
    const manual = new ManualClock();
    merchant.clock = manual;
    const contract = contractFor();
    const round = new ScriptedRound(contract);
    const trainer = {
      ...merchant.context(round).trainer,
      prepare: async () => {
        while (!round.calls.includes('delivery')) await new Promise(setImmediate);
        manual.advance(700);
        return { vector: new Uint32Array(contract.terms.dimension) };
      },
    };
    const done = merchant.play(contract, round, { trainer });
    while (!manual.waits.includes(300)) await new Promise(setImmediate);
    expect(round.uploads).to.deep.equal([]);
    manual.advance(300);
    expect(await done).to.deep.equal({ kind: 'done' });
  });
});
