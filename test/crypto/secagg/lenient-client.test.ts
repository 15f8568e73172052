import { expect } from 'chai';
import { LenientClient } from './lenient-client.js';
import { clientOptions, playRound, realParties, setting, trueSum } from './setting.js';

describe('secure aggregation: a client that checks nothing', () => {
  it('comes to the same sum with ours, so the attacks’ controls speak the same protocol', () => {
    const round = setting({ merchants: 6, colluders: 1 });
    const parties = realParties(round).map((party, index) =>
      index % 2 === 0
        ? party
        : new LenientClient(clientOptions(round, party.merchant), party.merchant, { binding: 'roster' }),
    );
    const { server, sum } = playRound(round, parties, { losses: { input: ['m01'] } });
    expect(sum).to.deep.equal(trueSum(round, server.survivors));
    expect(server.faults).to.deep.equal([]);
  });
});
