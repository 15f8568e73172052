import { expect } from 'chai';
import { streamRandom } from '../../crypto/index.js';
import type { ClientInput, RandomSource } from '../../crypto/index.js';
import {
  compileTerms,
  ExcessNoise,
  ledgerEntry,
  noiseRatio,
  quantisationOf,
  removeExcessNoise,
  secAggTermsOf,
  VectorCodec,
} from '../../federation/index.js';
import type { RevealedRound, RoundTerms } from '../../federation/index.js';
import { chainLink, keyAfter } from '../../federation/noise/component-chain.js';
import { drawNoise } from '../../federation/noise/drawing.js';
import { NoiseStrategy, Unmasking } from '../../proto/index.js';
import type { Contract, PrivacyTerms } from '../../proto/index.js';
import { expectRefusal, scene } from '../crypto/secagg/scene.js';
import { answer, clientOptions, playRound, realParty, setting } from '../crypto/secagg/setting.js';
import type { Losses, Party, Setting } from '../crypto/secagg/setting.js';
import { expectCode } from '../expect-code.js';
import { newtonContract } from './contracts.js';

const DIMENSION = 8_000;
const MERCHANTS = 8;
const TOLERANCE = 6 * Math.sqrt(2 / DIMENSION);

const gaussian: PrivacyTerms['mechanism'] = {
  $case: 'gaussian',
  value: { clipNorm: 6, noiseMultiplier: 0.8, samplingRate: 1 },
};
const laplace: PrivacyTerms['mechanism'] = {
  $case: 'laplace',
  value: { l1Bound: 1, epsilonNumerator: 1, epsilonDenominator: 4 },
};

function contract(mechanism: PrivacyTerms['mechanism'], change: Partial<Contract> = {}): Contract {
  const privacy = {
    mechanism,
    delta: 1e-6,
    shopperMultiplicity: 1,
    noiseStrategy: NoiseStrategy.NOISE_STRATEGY_REMOVABLE,
  };
  return newtonContract({ dimension: DIMENSION, privacy, ...change });
}

interface PlayedRound {
  readonly terms: RoundTerms;
  /** The unmasked sum: noise alone, because nobody contributes anything. */
  readonly sum: Uint32Array;
  readonly revealed: RevealedRound;
}

/** A round by the real machines, in which every vector is nothing but its merchant's noise. */
function play(terms: RoundTerms, losses: Losses): PlayedRound {
  const base = setting({ merchants: MERCHANTS, colluders: terms.roster.colluders, dimension: terms.dimension });
  const codec = new VectorCodec(terms);
  const { quantisation } = codec;
  const keys = new Map<string, Uint8Array | undefined>();
  const merchants = base.merchants.map((merchant, index) => {
    const random = streamRandom(Buffer.alloc(32, 30 + index));
    const { values, componentKey } = drawNoise({ terms, quantisation, rosterSize: MERCHANTS, random });
    keys.set(merchant.name, componentKey);
    return { ...merchant, vector: codec.toRing(new Int32Array(terms.dimension), values) };
  });
  const round: Setting = { ...base, merchants, terms: secAggTermsOf(terms, base.terms.contractSha256) };
  const parties = merchants.map((merchant) => revealing(round, merchant, terms, keys.get(merchant.name)));
  const { sum, server, code } = playRound(round, parties, { losses });
  if (sum === undefined) throw new Error(`the round ended with ${code ?? 'nothing'}`);
  const { survivors, attachments } = server;
  return { terms, sum, revealed: { terms, rosterSize: MERCHANTS, survivors, attachments } };
}

/** A real client that attaches to R4 what the view that it signed leaves over. */
function revealing(
  round: Setting,
  merchant: Setting['merchants'][number],
  terms: RoundTerms,
  componentKey: Uint8Array | undefined,
): Party {
  const party = realParty(clientOptions(round, merchant), merchant);
  let attachment = new Uint8Array();
  return {
    ...party,
    receive: (message: ClientInput) => {
      const output = party.receive(message.step === 'agreements' ? { ...message, attachment } : message);
      if (output.kind === 'agreement' && componentKey !== undefined) {
        const { rosterSize, survivors } = output;
        const excess = new ExcessNoise(terms, MERCHANTS, componentKey);
        attachment = Uint8Array.from(excess.reveal({ rosterSize, survivors: survivors.length }));
      }
      return output;
    },
  };
}

function finish<T>(work: Generator<void, T, void>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** The variance of what a sum holds, over what the contract claims. */
function measuredRatio({ terms, sum }: PlayedRound): number {
  const { deviation } = quantisationOf(terms);
  const values = new VectorCodec(terms).fromRing(sum);
  const variance = values.reduce((total, value) => total + value * value, 0) / values.length;
  return variance / deviation ** 2;
}

describe('removable noise, through the protocol', () => {
  const cases: readonly (readonly [name: string, mechanism: PrivacyTerms['mechanism'], spread: number])[] = [
    ['Gaussian', gaussian, TOLERANCE],
    // A Laplace value's square has the relative variance 5, a sum of several a smaller one.
    ['Laplace', laplace, TOLERANCE * Math.sqrt(2.5)],
  ];
  for (const [name, mechanism, tolerance] of cases) {
    for (const [what, losses, expected] of [
      ['everybody stays: 8 survivors hold 8/6 of it', {}, 8 / 6],
      ['one vanishes: 7 survivors hold 7/5', { input: ['m03'] }, 7 / 5],
      ['two vanish: nothing is removed, and 6 survivors hold 6/4', { share: ['m00'], input: ['m03'] }, 6 / 4],
      [
        'one vanishes and one sends no R4: it leaves its whole share',
        { input: ['m03'], unmask: ['m05'] },
        6 / 5 + 1 / 4,
      ],
    ] as const) {
      it(`${name} noise, ${what}`, () => {
        const played = play(compileTerms(contract(mechanism)), losses);
        const before = measuredRatio(played);
        const survivors = played.revealed.survivors.length;
        expect(before / (survivors / 4), 'before removal: the worst case').to.be.closeTo(1, tolerance);
        const removed = finish(removeExcessNoise(played.sum, played.revealed));
        const claimed = noiseRatio(played.revealed, removed);
        expect(claimed).to.be.closeTo(expected, 1e-12);
        expect(measuredRatio(played) / claimed).to.be.closeTo(1, tolerance);
        if (removed > 0) expect(before / claimed, 'positive control').to.be.above(1 + tolerance);
      });
    }
  }

  it('is the same sum in every ring, and in whatever slices it is computed', () => {
    const terms = compileTerms(contract(gaussian, { ringBits: 32, dimension: 2 ** 15 + 7 }));
    const played = play(terms, {});
    let turns = 0;
    const work = removeExcessNoise(played.sum, played.revealed);
    while (work.next().done !== true) turns += 1;
    // 8 merchants, 2 components each, 2 slices.
    expect(turns).to.equal(8 * 2 * 2);
    const narrow = play(compileTerms(contract(laplace, { ringBits: 20 })), {});
    finish(removeExcessNoise(narrow.sum, narrow.revealed));
    expect(Math.max(...narrow.sum)).to.be.below(2 ** 20);
    expect(measuredRatio(narrow)).to.be.closeTo(8 / 6, 2 * TOLERANCE);
  });

  it('leaves in what no key, or a key of another length, was sent for', () => {
    const played = play(compileTerms(contract(laplace)), {});
    const attachments = new Map([...played.revealed.attachments].map(([name, key], i) => [name, key.subarray(i % 2)]));
    const revealed = { ...played.revealed, attachments };
    const removed = finish(removeExcessNoise(played.sum, revealed));
    expect(removed).to.equal(4);
    expect(noiseRatio(revealed, removed)).to.be.closeTo(4 / 6 + 4 / 4, 1e-12);
  });

  it('costs the ledger what the worst case costs', () => {
    const removable = contract(gaussian, { dimension: 500 });
    const worst = { mechanism: gaussian, delta: 1e-6, shopperMultiplicity: 1 };
    const [first, second] = [removable, { ...removable, privacy: worst }].map((each) =>
      ledgerEntry(compileTerms(each), Buffer.alloc(32), 0),
    );
    expect(first).to.deep.equal(second);
  });

  it('asks for a larger scale where components would be too narrow, and refuses a ring that cannot hold it', () => {
    const roster = { minimumMerchants: 100, colluders: 10, minimumSurvivors: 60, maximumMerchants: 500 };
    const wide = { ...newtonContract(), dimension: 4, roster };
    const terms = (noiseStrategy: NoiseStrategy, ringBits: number): RoundTerms =>
      compileTerms({
        ...wide,
        ringBits,
        privacy: { mechanism: gaussian, delta: 1e-6, shopperMultiplicity: 1, noiseStrategy },
      });
    const worst = quantisationOf(terms(NoiseStrategy.NOISE_STRATEGY_WORST_CASE, 32));
    const removable = quantisationOf(terms(NoiseStrategy.NOISE_STRATEGY_REMOVABLE, 32));
    expect(removable.scale).to.be.above(worst.scale);
    quantisationOf(terms(NoiseStrategy.NOISE_STRATEGY_WORST_CASE, 16));
    expectCode(() => quantisationOf(terms(NoiseStrategy.NOISE_STRATEGY_REMOVABLE, 16)), 'RING_TOO_SMALL');
  });
});

describe('a coordinator that wants more of the noise than the survivors leave over', () => {
  const terms = compileTerms(contract(gaussian, { dimension: 50 }));
  const random = (): RandomSource => streamRandom(Buffer.alloc(32, 77));
  const excess = (key = random().bytes(32)): ExcessNoise => new ExcessNoise(terms, MERCHANTS, key);
  const view = (survivors: number, rosterSize = MERCHANTS) => ({ rosterSize, survivors });

  it('is given the key of component d + 1, from which no component up to d follows', () => {
    const own = random().bytes(32);
    const seeds = (key: Uint8Array, count: number): string[] =>
      Array.from({ length: count }, (_, step) => Buffer.from(chainLink(keyAfter(key, step)).seed).toString('hex'));
    const [first, second, third] = seeds(own, 3);
    const key = excess(own.slice()).reveal(view(7));
    expect(seeds(key, 2)).to.deep.equal([second, third]);
    expect(seeds(key, 50)).not.to.include(first);
    expect(Buffer.from(excess(own.slice()).reveal(view(8))).equals(own), 'd = 0: everything removable').to.equal(true);
    expect(excess(own.slice()).reveal(view(6)), 'd = D: nothing').to.have.length(0);
  });

  it('is refused components j ≤ d, by way of more survivors than the roster has', () => {
    for (const survivors of [9, 5, 0, 6.5, NaN])
      expectCode(() => excess().reveal(view(survivors)), 'NOISE_REVEAL_REFUSED');
    expectCode(() => excess().reveal(view(7, 9)), 'NOISE_REVEAL_REFUSED');
  });

  it('is refused a second view, and given the same bytes for the same one', () => {
    const noise = excess();
    const key = Buffer.from(noise.reveal(view(7)));
    expect(Buffer.from(noise.reveal(view(7))).equals(key)).to.equal(true);
    expectCode(() => noise.reveal(view(8)), 'NOISE_REVEAL_REFUSED');
    const erased = excess();
    erased.erase();
    expectCode(() => erased.reveal(view(7)), 'NOISE_REVEAL_REFUSED');
  });

  it('gets nothing without a quorum, nor for a second view', () => {
    const attachment = new Uint8Array(32).fill(9);
    const short = scene();
    const few = { agreements: short.toAgreements().agreements.slice(0, 2) };
    expectRefusal(short.self, { step: 'agreements', agreements: few, attachment }, 'SECAGG_QUORUM_MISSED');
    const { self, toAgreements } = scene();
    const { agreements } = toAgreements();
    const { unmasking } = answer(self, { step: 'agreements', agreements: { agreements }, attachment }, 'unmasking');
    expect(Unmasking.decode(unmasking.payload).attachment.equals(attachment)).to.equal(true);
    const other = { agreements: agreements.slice(0, -1) };
    expectRefusal(self, { step: 'agreements', agreements: other, attachment }, 'SECAGG_SECOND_VIEW');
  });

  it('positive control: with the whole chain it takes out noise that honest merchants owe the sum', () => {
    const terms = compileTerms(contract(gaussian));
    const whole = play(terms, {}).revealed;
    const played = play(terms, { share: ['m00'], input: ['m03'] });
    const six = new Set(played.revealed.survivors);
    const attachments = new Map([...whole.attachments].filter(([name]) => six.has(name)));
    // Two of six may collude: what four honest ones hold is 4/6 of the sum's noise, and must be all that is claimed.
    expect((measuredRatio(played) * 4) / 6).to.be.closeTo(1, TOLERANCE);
    finish(removeExcessNoise(played.sum, { ...whole, attachments }));
    expect((measuredRatio(played) * 4) / 6).to.be.below(1 - TOLERANCE);
  });
});
