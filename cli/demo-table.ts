import type { DemoReport, MerchantReport, RelativeGain } from '../simulations/demo/report.js';
import { bytes, fixed, percent, signedPercent } from './figures.js';
import { towerLines } from './demo-tower-table.js';
import { renderTable } from './table.js';

const COLUMNS = [
  { heading: 'merchant' },
  { heading: 'shoppers', align: 'right' },
  { heading: 'alone HR/NDCG@10', align: 'right' },
  { heading: 'alone, own weights', align: 'right' },
  { heading: 'together', align: 'right' },
  { heading: 'gain NDCG [95 %]', align: 'right' },
  { heading: 'over own weights [95 %]', align: 'right' },
  { heading: 'ε', align: 'right' },
  { heading: 'advantage', align: 'right' },
  { heading: 'sent', align: 'right' },
] as const;

/** What a person sees at the end of a demo: the table, the rounds, and what the coordinator saw. */
export function renderDemo(report: DemoReport): string {
  const { mean } = report;
  const rows = report.merchants.map(merchantRow);
  const means = [
    ...['mean', '', pair(mean.alone), pair(mean.tuned), pair(mean.together)],
    ...[gain(mean.gain), gain(mean.gainOverTuned), '', '', ''],
  ];
  return [
    `${report.dataset}${report.synthetic ? ': SYNTHETIC data from a seeded generator; real shops will differ.' : '.'}`,
    '',
    renderTable(COLUMNS, [...rows, means]),
    '',
    ...towerLines(report),
    meanSentence(report),
    ...strategySentences(report),
    ...popularitySentences(report),
    deltaSentence(report),
    ...gateSentences(report),
    ...roundSentences(report),
    '',
    'What the coordinator saw:',
    ...report.saw.map((sentence) => `  - ${sentence}`),
    'What it could not see:',
    ...report.couldNotSee.map((sentence) => `  - ${sentence}`),
    '',
    `${fixed(report.seconds, 0)} seconds.`,
  ].join('\n');
}

function merchantRow(merchant: MerchantReport): string[] {
  return [
    merchant.name,
    String(merchant.shoppers),
    pair(merchant.alone),
    pair(merchant.tuned),
    pair(merchant.together),
    gain(merchant.gain),
    gain(merchant.gainOverTuned),
    merchant.epsilon === null ? 'none' : fixed(merchant.epsilon, 2),
    merchant.advantage === null ? 'unbounded' : `≤ ${fixed(merchant.advantage, 3)}`,
    bytes(merchant.bytesSent),
  ];
}

function meanSentence({ merchants, mean }: DemoReport): string {
  const { gainUntuned, gainOfTuning } = mean;
  return [
    'Alone is under public default weights; own weights are tuned on validation items, kept where those prove a gain, and are those of together.',
    `${mean.better} of ${merchants.length} merchants have more together than alone under default weights.`,
    sentenceOverTuned(mean.gainOverTuned),
    `Under default weights on both sides the gain is ${gain(gainUntuned)}; own weights alone bring ${gain(gainOfTuning)}.`,
  ].join(' ');
}

/** What the interval of the gain over own weights allows to say. */
function sentenceOverTuned({ low, high }: RelativeGain): string {
  if (low > 0) return 'The interval of the mean gain over own weights lies above 0: taking part pays.';
  if (high < 0)
    return 'The interval of the mean gain over own weights lies BELOW 0: the merchants rank better alone, under their own weights.';
  return 'The interval of the mean gain over own weights contains 0: it may be chance.';
}

/** What noise was left in the counts; and what the same jobs brought under each strategy, where two ran. */
function strategySentences({ strategies }: DemoReport): string[] {
  return strategies.flatMap(({ strategy, noiseLeft, together, gain: total, gainOverTuned }) => {
    const left =
      noiseLeft === null ? [] : [`the noise in the counts has ${fixed(noiseLeft, 2)} times the variance of its claim`];
    const brought =
      strategies.length > 1
        ? [`together ${pair(together)}, gain ${gain(total)}, over own weights ${gain(gainOverTuned)}`]
        : [];
    const parts = [...left, ...brought];
    return strategy === null || parts.length === 0 ? [] : [`Noise strategy ${strategy}: ${parts.join('; ')}.`];
  });
}

function popularitySentences({ popular = [] }: DemoReport): string[] {
  return popular.map(({ catalogue, deviation, items }) => {
    const noise = deviation > 0 ? `noise with a standard deviation of ${fixed(deviation, 1)}` : 'no noise';
    const greatest = items.map(({ itemId, count }) => `${itemId} (${fixed(count, 0)})`).join(', ');
    return `Bought last by most shoppers of ${catalogue}, with ${noise} in every count: ${greatest || 'nothing that noise alone may not explain'}.`;
  });
}

function deltaSentence({ merchants }: DemoReport): string {
  const [first] = merchants;
  return first === undefined || first.epsilon === null
    ? 'NO NOISE WAS ADDED: nothing is promised about single shoppers. Secure aggregation alone hid the merchants.'
    : `ε at δ = ${first.delta}, by each merchant's own ledger. Advantage: guessing whether one shopper took part is right with probability at most (1 + advantage) / 2.`;
}

function gateSentences({ merchants }: DemoReport): string[] {
  return merchants.flatMap(({ name, unused }) => {
    // The tower has a table of its own.
    const harmful = unused.filter((component) => component !== 'tower');
    return harmful.length === 0
      ? []
      : [
          `${name} does not use the federated ${harmful.join(' and ')}: its gate's shoppers, whom no release has seen, show harm.`,
        ];
  });
}

function roundSentences({ rounds, killed }: DemoReport): string[] {
  const done = rounds.filter((round) => round.status === 'done').length;
  const sentences = [`${done} of ${rounds.length} rounds ended with a sum.`];
  for (const { job, round, code } of rounds.filter(({ status }) => status === 'aborted')) {
    sentences.push(`Round ${round} of ${job} was aborted: ${code ?? 'no code'}.`);
  }
  if (killed !== null) {
    const round = rounds.find((candidate) => candidate.job === killed.job && candidate.round === killed.round);
    const outcome = round === undefined ? '' : ` ended as ${round.status} with ${round.survivors.length} survivors`;
    sentences.push(`${killed.merchant} was killed in round ${killed.round} of ${killed.job}, which${outcome}.`);
  }
  return sentences;
}

function pair({ hr10, ndcg10 }: { readonly hr10: number; readonly ndcg10: number }): string {
  return `${fixed(hr10, 4)} / ${fixed(ndcg10, 4)}`;
}

function gain({ ndcg10, low, high }: RelativeGain): string {
  return `${signedPercent(ndcg10)} [${percent(low)}, ${percent(high)}]`;
}
