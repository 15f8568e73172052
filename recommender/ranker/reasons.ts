import { HISTORY_DECAY, valueAt } from '../mix/index.js';
import type { Mix, SparseMatrix } from '../mix/index.js';
import type { Catalogue } from '../types.js';
import type { Reason, ReasonTerm } from './request.js';

/** A reason is worth telling from this share of what speaks for an item. */
const SMALLEST_SHARE = 0.15;
const MOST_REASONS = 3;

/** Weighted terms of one item. */
export type Contributions = Readonly<Partial<Record<ReasonTerm, number>>>;

/** The largest terms that speak for an item, with the item of the history that each rests on. */
export function reasonsOf(mix: Mix, history: Int32Array, item: number, contributions: Contributions): Reason[] {
  const positive = Object.entries(withoutEcho(history, contributions)).filter(([, value]) => value > 0) as [
    ReasonTerm,
    number,
  ][];
  const total = positive.reduce((sum, [, value]) => sum + value, 0);
  return positive
    .map(([term, value]) => ({ term, share: value / total }))
    .filter(({ share }) => share >= SMALLEST_SHARE)
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST_REASONS)
    .map(({ term, share }) => {
      const because = restsOn(mix, history, item, term);
      return because === undefined ? { term, share } : { term, share, because };
    });
}

/** The whole history of one event is that event, so its text speaks once. */
function withoutEcho(history: Int32Array, contributions: Contributions): Contributions {
  const { textLast = 0, textHistory = 0 } = contributions;
  return history.length === 1 ? { ...contributions, textLast: textLast + textHistory, textHistory: 0 } : contributions;
}

function restsOn(mix: Mix, history: Int32Array, item: number, term: ReasonTerm): number | undefined {
  switch (term) {
    case 'textLast':
      return history.at(-1);
    case 'directed':
      return strongest(mix.own.directed, history, item);
    case 'window':
      return strongest(mix.own.window, history, item);
    case 'federated':
      return mix.federated === undefined ? undefined : strongest(mix.federated, history, item);
    case 'repeat':
      return item;
    case 'textHistory':
    case 'tower':
    case 'popularity':
    case 'match':
      return undefined;
  }
}

/** The item of the history whose count, with its age, is greatest. */
function strongest(counts: SparseMatrix, history: Int32Array, item: number): number | undefined {
  let best: number | undefined;
  let bestValue = 0;
  for (let at = history.length - 1, decay = 1; at >= 0; at--, decay *= HISTORY_DECAY) {
    const value = decay * valueAt(counts, history[at] ?? 0, item);
    if (value <= bestValue) continue;
    best = history[at];
    bestValue = value;
  }
  return best;
}

/** A reason in words for a shopper or an engineer. */
export function reasonInWords(reason: Reason, catalogue: Catalogue): string {
  const title = reason.because === undefined ? '' : (catalogue.items[reason.because]?.title ?? '');
  const named = title === '' ? 'an item of the history' : `“${shortened(title)}”`;
  switch (reason.term) {
    case 'textLast':
      return `similar text to ${named}`;
    case 'textHistory':
      return 'similar text to the whole history';
    case 'directed':
      return `bought right after ${named} here`;
    case 'window':
      return `bought along with ${named} here`;
    case 'federated':
      return `often bought after ${named} by shoppers of several merchants`;
    case 'tower':
      return 'the kind of text that shoppers of several merchants went on to';
    case 'popularity':
      return 'popular here';
    case 'match':
      return 'matches the words searched for';
    case 'repeat':
      return 'bought before, and about due again';
  }
}

const LONGEST_TITLE = 60;

function shortened(title: string): string {
  const characters = Array.from(title);
  return characters.length <= LONGEST_TITLE
    ? title
    : `${characters
        .slice(0, LONGEST_TITLE - 1)
        .join('')
        .trimEnd()}…`;
}
