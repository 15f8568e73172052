import { expect } from 'chai';
import { copyFileSync } from 'node:fs';
import { Ledger } from '../../../client/ledger/ledger.js';
import { GuildhallError } from '../../../errors/index.js';
import { Phase } from '../../../proto/index.js';
import { ManualClock } from '../manual-clock.js';
import { contractFor, ScriptedRound } from './scripted-round.js';
import { TestParticipant } from './test-participant.js';

const unreachable = (): GuildhallError => new GuildhallError('COORDINATOR_UNREACHABLE', 'no answer');

describe('a participation that leaves or dies', () => {
  let merchant: TestParticipant;
  beforeEach(() => {
    merchant = new TestParticipant();
  });
  afterEach(() => {
    merchant.remove();
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
        void merchant.play(contract, new ScriptedRound(contract, hooks), {}, stop.signal);
      });
      await died;
      // The process is gone; another one opens the same files.
      const after = {
        ...merchant.paths,
        ledger: `${merchant.paths.ledger}.after`,
        anchor: `${merchant.paths.anchor}.after`,
      };
      copyFileSync(merchant.paths.ledger, after.ledger);
      copyFileSync(merchant.paths.anchor, after.anchor);
      const reopened = Ledger.open(after);
      const again = new ScriptedRound(contract);
      expect(await merchant.play(contract, again, { ledger: reopened })).to.deep.equal({ kind: 'known' });
      expect(again.calls).to.deep.equal(['decline']);
      expect(again.declined).to.deep.equal(['ROUND_ALREADY_JOINED']);
      expect(reopened.entries).to.have.length(spent);
      reopened.close();
    });
  }

  it('leaves when the coordinator stays silent past a phase, without a word', async () => {
    const contract = contractFor();
    const hooks = {
      roster: () => {
        throw unreachable();
      },
    };
    const round = new ScriptedRound(contract, hooks);
    expect(await merchant.play(contract, round)).to.include({ kind: 'left', code: 'COORDINATOR_UNREACHABLE' });
    expect(round.declined).to.deep.equal([]);
  });

  it('leaves when a phase does not come in time', async () => {
    const manual = new ManualClock();
    merchant.clock = manual;
    const contract = contractFor();
    const round = new ScriptedRound(contract);
    round.advertise = async () => {
      setImmediate(() => manual.advance(60_000));
    };
    const outcome = await merchant.play(contract, round);
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
    expect(await merchant.play(contract, round)).to.include({ kind: 'left', code: 'ROUND_ENDED' });
    expect(merchant.ledger.entries).to.deep.equal([]);
  });

  it('leaves when the coordinator says that the step has passed', async () => {
    const contract = contractFor();
    const round = new ScriptedRound(contract, {
      share: () => {
        throw new GuildhallError('PHASE_PASSED', 'too late');
      },
    });
    expect(await merchant.play(contract, round)).to.include({ kind: 'left', code: 'PHASE_PASSED' });
  });

  it('leaves when the round ends during its upload, sends it once, and keeps the charge', async () => {
    const contract = contractFor();
    const round = new ScriptedRound(contract, {
      upload: () => {
        throw new GuildhallError('PHASE_PASSED', 'too late');
      },
    });
    expect(await merchant.play(contract, round)).to.include({ kind: 'left', code: 'PHASE_PASSED' });
    expect(round.declined).to.deep.equal([]);
    expect(merchant.ledger.entries).to.have.length(1);
  });

  it('declines with CLIENT_STOPPED when it is asked to stop, and uploads nothing', async () => {
    const contract = contractFor();
    const stop = new AbortController();
    const round = new ScriptedRound(contract, {
      delivery: () => stop.abort(new GuildhallError('CLIENT_STOPPED', 'stop')),
    });
    expect(await merchant.play(contract, round, {}, stop.signal)).to.include({
      kind: 'declined',
      code: 'CLIENT_STOPPED',
    });
    expect(round.declined).to.deep.equal(['CLIENT_STOPPED']);
    expect(round.uploads).to.deep.equal([]);
    expect(merchant.ledger.entries).to.deep.equal([]);
  });
});
