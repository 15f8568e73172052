import { expect } from 'chai';
import { COMPLETE_UP_TO, thresholds } from '../../../crypto/index.js';
import { playRound, realParties, setting, trueSum } from '../../crypto/secagg/setting.js';
import { edgesOf } from '../../crypto/secagg/sparse.js';

describe('secure aggregation: rounds', () => {
  it(`of more than ${COMPLETE_UP_TO} merchants are drawn by coins, and their sum is exact`, function () {
    this.timeout(300_000);
    const merchants = 220;
    const numbers = thresholds({ merchants, colluders: 5, minimumSurvivors: 4 });
    expect(numbers.edgeProbability).to.be.below(0.5);
    const round = setting({ merchants, colluders: 5, dimension: 3 });
    const names = round.merchants.map(({ name }) => name);
    const losses = {
      open: names.slice(0, 10),
      share: names.slice(20, 30),
      input: names.slice(50, 80),
      agree: names.slice(100, 105),
      unmask: names.slice(110, 115),
    };
    const result = playRound(round, realParties(round), { losses });
    expect(result.sum).to.deep.equal(trueSum(round, result.server.survivors));
    expect(result.server.survivors).to.have.lengthOf(merchants - 50);
    const degrees = [...edgesOf(result).values()].map((holders) => holders.length);
    const mean = degrees.reduce((sum, degree) => sum + degree, 0) / degrees.length;
    expect(mean).to.be.closeTo(numbers.edgeProbability * 209, 3);
  });
});
