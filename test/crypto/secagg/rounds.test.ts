import { expect } from 'chai';
import fc from 'fast-check';
import { FEWEST_MERCHANTS, SERVER_STEPS, SecAggServer, thresholds } from '../../../crypto/index.js';
import { playRound, realParties, setting, trueSum, value } from './setting.js';
import type { Losses } from './setting.js';
import { applyUnmasking } from './apply-unmasking.js';

const leaving = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom('advertise', 'share', 'input', 'agree', 'unmask') },
);

/** A round of n merchants, c tolerated colluders, and a step (or none) at which each vanishes. */
const rounds = fc.integer({ min: 4, max: 12 }).chain((merchants) =>
  fc.record({
    merchants: fc.constant(merchants),
    colluders: fc.integer({ min: 1, max: Math.max(1, Math.floor(merchants / 3)) }),
    ringBits: fc.integer({ min: 16, max: 32 }),
    seed: fc.nat(255),
    leaves: fc.array(leaving, { minLength: merchants, maxLength: merchants }),
    ranks: fc.array(fc.nat(), { minLength: merchants, maxLength: merchants }),
  }),
);

describe('secure aggregation: whole rounds', () => {
  it('give the exact sum of the survivors, or a code, whoever vanishes at whatever step', () => {
    const codes = new Set<string>();
    let sums = 0;
    fc.assert(
      fc.property(rounds, ({ merchants, colluders, ringBits, seed, leaves, ranks }) => {
        const round = setting({ merchants, colluders, ringBits, seed, minimumSurvivors: 3 });
        const gone = (step: string): string[] =>
          round.merchants.filter((_, index) => leaves[index] === step).map(({ name }) => name);
        const losses: Losses = Object.fromEntries(SERVER_STEPS.map((step) => [step, gone(step)]));
        const rankOf = new Map(round.merchants.map(({ name }, index) => [name, ranks[index] ?? 0]));
        const result = playRound(round, realParties(round), {
          losses,
          order: (parties) =>
            [...parties].sort((a, b) => (rankOf.get(a.merchant.name) ?? 0) - (rankOf.get(b.merchant.name) ?? 0)),
        });

        const roster = merchants - gone('advertise').length;
        const { agreement, minimumSurvivors } = thresholds({ merchants: roster, colluders, minimumSurvivors: 3 });
        const shared = roster - gone('share').length;
        const survived = shared - gone('input').length;
        const agreed = survived - gone('agree').length;
        const unmasked = agreed - gone('unmask').length;
        const expected =
          roster < Math.max(FEWEST_MERCHANTS, minimumSurvivors)
            ? 'SECAGG_ROSTER_TOO_SMALL'
            : shared < minimumSurvivors
              ? 'SECAGG_SHARERS_TOO_FEW'
              : survived < minimumSurvivors
                ? 'SECAGG_SURVIVORS_TOO_FEW'
                : agreed < agreement
                  ? 'SECAGG_QUORUM_MISSED'
                  : undefined;
        if (expected !== undefined) {
          expect(result.code).to.equal(expected);
        } else if (unmasked >= agreement) {
          expect(result.sum).to.deep.equal(trueSum(round, result.server.survivors));
          expect(result.server.survivors).to.have.lengthOf(survived);
        } else if (result.code !== undefined) {
          // T − 1 answers are enough exactly if every one of them is a holder of every secret.
          expect(result.code).to.equal('SECAGG_SHARES_TOO_FEW');
        } else {
          expect(result.sum).to.deep.equal(trueSum(round, result.server.survivors));
        }
        codes.add(result.code ?? '');
        if (result.sum !== undefined) sums++;
      }),
      { numRuns: 30, seed: 20261122 },
    );
    // The generator reaches success and failure alike.
    expect(sums).to.be.above(5);
    expect(codes.size).to.be.above(2);
  });

  for (const { n, c } of [
    { n: 4, c: 1 },
    { n: 5, c: 1 },
    { n: 8, c: 2 },
    { n: 10, c: 2 },
  ]) {
    it(`of ${n} with c = ${c} survive exactly as many losses as the table says, at any one step`, () => {
      const { lossesSurvived } = thresholds({ merchants: n, colluders: c, minimumSurvivors: 3 });
      for (const step of ['share', 'input', 'agree', 'unmask'] as const) {
        const round = setting({ merchants: n, colluders: c, minimumSurvivors: 3 });
        const names = round.merchants.map(({ name }) => name);
        const survive = playRound(round, realParties(round), { losses: { [step]: names.slice(0, lossesSurvived) } });
        expect(survive.sum, step).to.deep.equal(trueSum(round, survive.server.survivors));
        const fail = playRound(round, realParties(round), { losses: { [step]: names.slice(0, lossesSurvived + 1) } });
        expect(fail.sum, step).to.equal(undefined);
        expect(fail.code, step).to.match(/^SECAGG_(SHARERS|SURVIVORS|SHARES)_TOO_FEW$|^SECAGG_QUORUM_MISSED$/);
      }
    });
  }

  it('are the same bytes for the same coins', () => {
    const play = (): string[] => {
      const round = setting({ merchants: 5, colluders: 1, seed: 9 });
      return playRound(round, realParties(round)).stored.map(({ envelope }) => envelope.payload.toString('hex'));
    };
    expect(play()).to.deep.equal(play());
  });

  it('go on at a rebuilt server, whatever the order of the stored messages within a step', () => {
    const round = setting({ merchants: 6, colluders: 1, seed: 5 });
    const parties = realParties(round);
    const lost = { input: ['m02'], unmask: ['m04'] };
    const { server, stored, sum } = playRound(round, parties, { losses: lost });
    const again = SecAggServer.create({ terms: round.terms, members: round.members });
    const accept = (step: string): void => {
      for (const message of stored.filter((one) => one.step === step).reverse()) {
        expect(again.accept(message.step, message.merchant, message.envelope)).to.equal('accepted');
        expect(again.accept(message.step, message.merchant, message.envelope)).to.equal('repeat');
      }
    };
    accept('advertise');
    expect(again.closeAdvertising()).to.deep.equal(server.closeAdvertising());
    accept('share');
    expect(again.closeSharing()).to.deep.equal(server.closeSharing());
    expect(again.delivery('m03')).to.deep.equal(server.delivery('m03'));
    accept('input');
    expect(again.closeCollecting()).to.deep.equal(server.closeCollecting());
    accept('agree');
    expect(again.closeAgreeing()).to.deep.equal(server.closeAgreeing());
    accept('unmask');
    const plan = value(again.closeUnmasking());
    // Adding back what was taken out and taking it out again: the plans are the same masks.
    const twice = sum?.slice() ?? new Uint32Array();
    applyUnmasking(twice, plan, 32);
    const once = sum?.slice() ?? new Uint32Array();
    applyUnmasking(once, value(server.closeUnmasking()), 32);
    expect(twice).to.deep.equal(once);
    expect(sum).to.deep.equal(trueSum(round, ['m00', 'm01', 'm03', 'm04', 'm05']));
  });
});
