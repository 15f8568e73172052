import { expect } from 'chai';
import { renderDemo } from '../../cli/demo-table.js';
import type { DemoReport, RelativeGain } from '../../simulations/demo/report.js';

const figures = { hr10: 0.1, ndcg10: 0.05 };
const gain: RelativeGain = { ndcg10: 0.1, low: 0.05, high: 0.15 };

/** A report of one merchant whose mean gain over its own weights has the interval given. */
function reportOf(low: number, high: number): DemoReport {
  const gainOverTuned = { ndcg10: (low + high) / 2, low, high };
  const sides = { alone: figures, tuned: figures, together: figures, togetherUntuned: figures };
  return {
    dataset: 'synthetic',
    synthetic: true,
    rounds: [],
    merchants: [
      {
        name: 'alder',
        catalogue: 'market',
        shoppers: 60,
        evaluated: 50,
        ...sides,
        gain,
        gainOverTuned,
        weights: 'Default weights.',
        unused: ['counts'],
        epsilon: 4,
        delta: 1e-6,
        advantage: 0.9,
        bytesSent: 1234,
      },
    ],
    mean: {
      ...sides,
      gain,
      gainOverTuned,
      gainUntuned: { ndcg10: 0.08, low: 0.04, high: 0.12 },
      gainOfTuning: { ndcg10: -0.02, low: -0.03, high: -0.01 },
      better: 1,
    },
    strategies: [{ strategy: 'worst-case', noiseLeft: 1.6667, together: figures, gain, gainOverTuned }],
    killed: null,
    saw: [],
    couldNotSee: [],
    seconds: 12,
  };
}

describe('the sentences under the demo’s table', () => {
  it('say that taking part pays where the interval over own weights lies above 0', () => {
    const page = renderDemo(reportOf(0.01, 0.09));
    expect(page).to.include('over own weights lies above 0: taking part pays.');
    expect(page).to.not.match(/BELOW|chance/);
  });

  it('name what most shoppers bought last where popularity was released, and say where noise hides it', () => {
    const release = { job: 'popularity-art', catalogue: 'art', itemsAShopper: 1, releases: 1, deviation: 0.8 };
    const items = [
      { itemId: 'paint', count: 90 },
      { itemId: 'brush', count: 40 },
    ];
    const page = (shown: typeof items) => renderDemo({ ...reportOf(0, 1), popular: [{ ...release, items: shown }] });
    expect(page(items)).to.include(
      'shoppers of art, with noise with a standard deviation of 0.8 in every count: paint (90), brush (40).',
    );
    expect(page([])).to.include('nothing that noise alone may not explain.');
    expect(renderDemo(reportOf(0, 1))).to.not.include('Bought last');
  });

  it('say that it may be chance where the interval contains 0, its ends included', () => {
    for (const [low, high] of [
      [-0.04, 0.06],
      [0, 0.06],
      [-0.06, 0],
    ] as const) {
      const page = renderDemo(reportOf(low, high));
      expect(page).to.include('over own weights contains 0: it may be chance.');
      expect(page).to.not.match(/BELOW|pays/);
    }
  });

  it('say that the merchants do better alone where the whole interval lies below 0', () => {
    const page = renderDemo(reportOf(-0.118, -0.005));
    expect(page).to.include('over own weights lies BELOW 0: the merchants rank better alone, under their own weights.');
    expect(page).to.not.match(/chance|pays/);
  });

  it('set what releases bring under default weights beside what tuning brings alone', () => {
    expect(renderDemo(reportOf(0.01, 0.09))).to.include(
      'Under default weights on both sides the gain is +8.0 % [4.0 %, 12.0 %]; own weights alone bring -2.0 % [-3.0 %, -1.0 %].',
    );
  });

  it('say how much noise was left in the counts, and compare strategies where two ran', () => {
    const report = reportOf(0.01, 0.09);
    const once = renderDemo(report);
    expect(once).to.include(
      'Noise strategy worst-case: the noise in the counts has 1.67 times the variance of its claim.',
    );
    const removable = {
      strategy: 'removable' as const,
      noiseLeft: 1.3333,
      together: { hr10: 0.11, ndcg10: 0.055 },
      gain: { ndcg10: 0.12, low: 0.06, high: 0.18 },
      gainOverTuned: gain,
    };
    const twice = renderDemo({ ...report, strategies: [...report.strategies, removable] });
    expect(twice).to.match(/worst-case: .*1\.67 times.*; together 0\.1000 \/ 0\.0500, gain \+10\.0 %/);
    expect(twice).to.match(/removable: .*1\.33 times.*; together 0\.1100 \/ 0\.0550, gain \+12\.0 %/);
    const without = { ...removable, strategy: null, noiseLeft: null };
    expect(renderDemo({ ...report, strategies: [without] })).to.not.include('Noise strategy');
  });

  it('name the merchant that does not use a release', () => {
    expect(renderDemo(reportOf(0.01, 0.09))).to.include('alder does not use the federated counts');
  });
});
