import { expect } from 'chai';
import fc from 'fast-check';
import { SERVER_STEPS, SecAggServer } from '../../../crypto/index.js';
import { playRound, realParties, setting, sparseRule, trueSum, value } from './setting.js';
import type { Losses, RoundResult, Setting } from './setting.js';
import { edgesOf } from './sparse.js';

const leaving = fc.oneof(
  { weight: 9, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(...SERVER_STEPS) },
);

const rounds = fc.integer({ min: 6, max: 14 }).chain((merchants) =>
  fc.record({
    merchants: fc.constant(merchants),
    edgeProbability: fc.constantFrom(0.5, 0.7, 0.9),
    share: fc.integer({ min: 2, max: 3 }),
    ringBits: fc.integer({ min: 16, max: 32 }),
    seed: fc.nat(255),
    leaves: fc.array(leaving, { minLength: merchants, maxLength: merchants }),
  }),
);

describe('secure aggregation: rounds on a sparse graph', () => {
  it('give the exact sum of the survivors, or a code, whoever vanishes at whatever step', () => {
    const codes = new Set<string>();
    let sums = 0;
    fc.assert(
      fc.property(rounds, ({ merchants, edgeProbability, share, ringBits, seed, leaves }) => {
        const thresholdRule = sparseRule({ edgeProbability, share });
        const round = setting({ merchants, colluders: 1, minimumSurvivors: 3, ringBits, seed, thresholdRule });
        const gone = (step: string): string[] =>
          round.merchants.filter((_, index) => leaves[index] === step).map(({ name }) => name);
        const losses: Losses = Object.fromEntries(SERVER_STEPS.map((step) => [step, gone(step)]));
        let result: RoundResult;
        try {
          result = playRound(round, realParties(round), { losses });
        } catch (error) {
          // A client without t neighbours says so before it deals a share.
          expect(error).to.include({ code: 'SECAGG_NEIGHBOURS_TOO_FEW' });
          codes.add('SECAGG_NEIGHBOURS_TOO_FEW');
          return;
        }
        const { server, stored, code, sum } = result;
        codes.add(code ?? '');
        const edges = edgesOf(result);
        const sent = (step: string): string[] => stored.filter((one) => one.step === step).map((one) => one.merchant);
        if (code === 'SECAGG_SHARES_TOO_FEW') {
          const answers = sent('unmask');
          const left = server.sharers.map((owner) => answers.filter((one) => edges.get(owner)?.includes(one)).length);
          expect(Math.min(...left)).to.be.below(share);
        }
        if (sum === undefined) return;
        sums++;
        expect(sum).to.deep.equal(trueSum(round, server.survivors));
        // Nobody deals to anybody that did not open its coin, and every edge has two ends.
        const opened = sent('open');
        for (const [dealer, holders] of edges) {
          expect(opened).to.include.members([...holders]);
          for (const holder of holders) expect(edges.get(holder) ?? [dealer]).to.include(dealer);
        }
      }),
      { numRuns: 60, seed: 20261122 },
    );
    expect(sums).to.be.above(10);
    expect([...codes]).to.include.members(['SECAGG_NEIGHBOURS_TOO_FEW', 'SECAGG_SHARES_TOO_FEW']);
  });

  it('end with a code when a merchant’s neighbours are gone, before anything is revealed of anybody', () => {
    const thresholdRule = sparseRule({ edgeProbability: 0.7, share: 3 });
    // The same coins each time, so the same graph.
    const play = (losses: Losses): RoundResult & { readonly round: Setting } => {
      const round = setting({ merchants: 14, colluders: 1, minimumSurvivors: 3, seed: 3, thresholdRule });
      return { round, ...playRound(round, realParties(round), { losses }) };
    };
    const byDegree = [...edgesOf(play({}))].sort(([, a], [, b]) => a.length - b.length);
    const [victim, neighbours] = byDegree[0] ?? ['', []];
    const lost = neighbours.slice(2);
    for (const step of ['share', 'input'] as const) {
      const { code, server, stored } = play({ [step]: lost });
      expect(lost.length, 'few enough for every quorum').to.be.below(14 - 8);
      expect(code).to.equal('SECAGG_NEIGHBOURS_TOO_FEW');
      expect(stored.some((message) => message.step === 'agree')).to.equal(false);
      const end = step === 'share' ? server.closeSharing() : server.closeCollecting();
      expect(end.outcome === 'aborted' ? end.reason : '').to.include(victim);
    }
    // One loss fewer, and the round succeeds: it is the neighbours that were missing.
    const { round, sum, server } = play({ input: neighbours.slice(3) });
    expect(sum).to.deep.equal(trueSum(round, server.survivors));
  });

  it('go on at a rebuilt server', () => {
    const thresholdRule = sparseRule({ edgeProbability: 0.8, share: 3 });
    const round = setting({ merchants: 10, colluders: 1, seed: 5, thresholdRule });
    const { server, stored } = playRound(round, realParties(round), { losses: { open: ['m09'], input: ['m02'] } });
    const again = SecAggServer.create(round);
    const accept = (step: string): void => {
      for (const message of stored.filter((one) => one.step === step).reverse()) {
        again.accept(message.step, message.merchant, message.envelope);
      }
    };
    accept('advertise');
    expect(again.closeAdvertising()).to.deep.equal(server.closeAdvertising());
    expect(again.step).to.equal('open');
    accept('open');
    expect(again.closeOpening()).to.deep.equal(server.closeOpening());
    accept('share');
    expect(again.closeSharing()).to.deep.equal(server.closeSharing());
    expect(again.delivery('m03')).to.deep.equal(server.delivery('m03'));
    accept('input');
    expect(value(again.closeCollecting())).to.deep.equal(value(server.closeCollecting()));
  });
});
