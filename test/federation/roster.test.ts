import { expect } from 'chai';
import { lossesSurvived, rosterFor } from '../../federation/index.js';
import { expectCode } from '../expect-code.js';

describe('roster rules of a job', () => {
  it('plans to lose a fifth of the merchants, at least one, and never more than agreement allows', () => {
    const derived = [4, 5, 6, 8, 10, 20].map((merchants) => {
      const roster = rosterFor(merchants);
      return [merchants, roster.colluders, roster.minimumSurvivors, lossesSurvived(merchants, roster)];
    });
    expect(derived).to.deep.equal([
      [4, 1, 3, 1],
      [5, 1, 4, 1],
      [6, 1, 5, 1],
      [8, 2, 7, 1],
      [10, 2, 8, 2],
      [20, 2, 16, 4],
    ]);
  });

  it('keeps what a person fixed, and raises survivors to the agreement threshold', () => {
    expect(rosterFor(10, { colluders: 1, minimumSurvivors: 9 })).to.deep.equal({
      minimumMerchants: 9,
      colluders: 1,
      minimumSurvivors: 9,
      maximumMerchants: 10,
    });
    expect(rosterFor(10, { minimumSurvivors: 3 }).minimumSurvivors).to.equal(7);
  });

  it('refuses rosters that protect nobody', () => {
    for (const [merchants, wishes] of [
      [3, {}],
      [4, { colluders: 4 }],
      [4, { colluders: 3 }],
      [8, { minimumSurvivors: 9 }],
    ] as const) {
      expectCode(() => rosterFor(merchants, wishes), 'ROSTER_IMPOSSIBLE');
    }
  });
});
