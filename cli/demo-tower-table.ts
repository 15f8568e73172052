import type { DemoReport, RankingFigures, RelativeGain } from '../simulations/demo/report.js';
import { fixed, percent, signedPercent } from './figures.js';
import { renderTable } from './table.js';

const COLUMNS = [
  { heading: 'tower at' },
  { heading: 'untrained HR/NDCG@10', align: 'right' },
  { heading: 'trained', align: 'right' },
  { heading: 'gain by training [95 %]', align: 'right' },
  { heading: 'gain in the mix [95 %]', align: 'right' },
  { heading: 'gate', align: 'right' },
] as const;

/** What the released tower brings each merchant, by itself and in its mix; nothing where none was released. */
export function towerLines({ merchants, tower }: DemoReport): string[] {
  if (tower === undefined) return [];
  const cells = (line: Omit<typeof tower, 'used'>): string[] => [
    ...[pair(line.untrained), pair(line.trained), change(line.gain), change(line.gainInMix)],
  ];
  const rows = merchants.flatMap(({ name, tower: own }) =>
    own === undefined ? [] : [[name, ...cells(own), own.used ? 'uses it' : 'leaves it out']],
  );
  const passed = `${tower.used} of ${rows.length}`;
  return [
    renderTable(COLUMNS, [...rows, ['mean', ...cells(tower), passed]]),
    '',
    `${verdict('Training', tower.gain, 'the untrained tower')} ${verdict('As a term of the mix, the tower', tower.gainInMix, 'the mix without it')} ${passed} gates use it: a gate does where shoppers that no release has seen show a gain.`,
    '',
  ];
}

function verdict(what: string, { low, high }: RelativeGain, over: string): string {
  if (low > 0) return `${what} gains over ${over}: the interval lies above 0.`;
  if (high < 0) return `${what} LOSES against ${over}: the interval lies below 0.`;
  return `${what} shows no gain over ${over} that is more than chance.`;
}

const pair = ({ hr10, ndcg10 }: RankingFigures): string => `${fixed(hr10, 4)} / ${fixed(ndcg10, 4)}`;

const change = ({ ndcg10, low, high }: RelativeGain): string =>
  `${signedPercent(ndcg10)} [${percent(low)}, ${percent(high)}]`;
