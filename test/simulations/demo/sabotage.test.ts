import { expect } from 'chai';
import { Phase } from '../../../proto/index.js';
import type { GetStatusResponse } from '../../../proto/index.js';
import { Sabotage } from '../../../simulations/demo/sabotage.js';

function status(round: number, phase: Phase, roster = ['a', 'b']): GetStatusResponse {
  const common = { contractSha256: Buffer.alloc(32), code: '', sharers: [], survivors: [], refusals: [] };
  return {
    federation: '',
    jobs: [],
    certificates: [],
    rounds: [{ job: 'mlp', round, phase, roster, ...common, startedAtMs: 0, endedAtMs: 0 }],
  };
}

function saboteur() {
  const acts: string[] = [];
  const sabotage = new Sabotage({
    victim: 'b',
    job: 'mlp',
    fromRound: 2,
    kill: (merchant) => Promise.resolve(void acts.push(`kill ${merchant}`)),
    restart: (merchant) => Promise.resolve(void acts.push(`restart ${merchant}`)),
    progress: { say: () => undefined, update: () => undefined },
  });
  return { sabotage, acts };
}

describe('sabotage', () => {
  it('kills once, in the middle of a round that the victim is in, and restarts when that round has ended', async () => {
    const { sabotage, acts } = saboteur();
    for (const [round, phase, expected] of [
      [1, Phase.PHASE_COLLECTING, []],
      [2, Phase.PHASE_ADVERTISING, []],
      [2, Phase.PHASE_COLLECTING, ['kill b']],
      [2, Phase.PHASE_AGREEING, ['kill b']],
      [2, Phase.PHASE_DONE, ['kill b', 'restart b']],
      [3, Phase.PHASE_COLLECTING, ['kill b', 'restart b']],
      [3, Phase.PHASE_DONE, ['kill b', 'restart b']],
    ] as const) {
      await sabotage.observe(status(round, phase));
      expect(acts, `round ${round}, phase ${phase}`).to.deep.equal(expected);
    }
    expect(sabotage.killed).to.deep.equal({ merchant: 'b', job: 'mlp', round: 2 });
  });

  it('waits for a round that the victim is in, and restarts also after an aborted one', async () => {
    const { sabotage, acts } = saboteur();
    await sabotage.observe(status(2, Phase.PHASE_COLLECTING, ['a']));
    expect(acts).to.deep.equal([]);
    await sabotage.observe(status(3, Phase.PHASE_SHARING));
    await sabotage.observe(status(3, Phase.PHASE_ABORTED));
    expect(acts).to.deep.equal(['kill b', 'restart b']);
  });
});
