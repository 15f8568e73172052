import { textRuns } from '../text/index.js';
import type { Catalogue } from '../types.js';

/** How many first words of two titles are compared. */
const START = 4;
/** Characters of a word where a script is written without spaces. */
const PAIR = 2;

/**
 * The words of a title in their order, lower case. A run of a script that is written without spaces counts as its pairs of
 * characters, or as itself where it is one character.
 */
export function titleWords(title: string): string[] {
  return textRuns(title.toLowerCase()).flatMap(({ kind, run }) => {
    const characters = Array.from(run);
    if (kind === 'word' || characters.length < PAIR) return [run];
    return characters.slice(1).map((character, place) => `${characters[place] ?? ''}${character}`);
  });
}

/** What two titles have in common. */
export interface TitleMatch {
  /** Weighted Jaccard index of their sets of words, a word weighing ln(1 + N / titles that have it); 0 to 1. */
  readonly likeness: number;
  /** How many words with a digit both have: sizes, counts, model numbers. */
  readonly numbers: number;
}

const NOTHING: TitleMatch = { likeness: 0, numbers: 0 };

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? 0;

/**
 * A catalogue's titles, word by word. The text encoder folds words and their parts into a few hundred sums, where many fall
 * together; this keeps them apart, so that "the same thing in another size" can be told from "something like it".
 */
export class Titles {
  /** Item i's distinct words, ascending, stand at starts[i] ≤ position < starts[i + 1]. */
  private readonly starts: Int32Array;
  private readonly words: Int32Array;
  /** By word. */
  private readonly weights: Float64Array;
  private readonly isNumber: Uint8Array;
  /** By item: the sum of its words' weights, and its first {@link START} words, −1 where there are fewer. */
  private readonly totals: Float64Array;
  private readonly openings: Int32Array;

  constructor({ items }: Pick<Catalogue, 'items'>) {
    const codes = new Map<string, number>();
    const sequences = items.map(({ title }) =>
      titleWords(title).map((word) => {
        const code = codes.get(word) ?? codes.size;
        codes.set(word, code);
        return code;
      }),
    );
    const sets = sequences.map((sequence) => Int32Array.from(new Set(sequence)).sort());
    const titlesWith = new Float64Array(codes.size);
    for (const set of sets) for (const word of set) titlesWith[word] = at(titlesWith, word) + 1;
    this.weights = titlesWith.map((count) => Math.log1p(items.length / count));
    this.isNumber = Uint8Array.from(codes.keys(), (word) => (/\p{N}/u.test(word) ? 1 : 0));
    this.starts = new Int32Array(items.length + 1);
    sets.forEach((set, item) => (this.starts[item + 1] = at(this.starts, item) + set.length));
    this.words = new Int32Array(at(this.starts, items.length));
    sets.forEach((set, item) => {
      this.words.set(set, at(this.starts, item));
    });
    this.totals = Float64Array.from(sets, (set) => set.reduce((sum, word) => sum + at(this.weights, word), 0));
    this.openings = Int32Array.from(sequences.flatMap((sequence) => openingOf(sequence)));
  }

  /** What the titles of two items share; symmetric. A title without words is like no other. */
  match(one: number, other: number): TitleMatch {
    const { starts, words, weights, isNumber, totals } = this;
    const [endOfOne, endOfOther] = [at(starts, one + 1), at(starts, other + 1)];
    let shared = 0;
    let numbers = 0;
    for (let left = at(starts, one), right = at(starts, other); left < endOfOne && right < endOfOther;) {
      const [word, against] = [at(words, left), at(words, right)];
      if (word === against) {
        shared += at(weights, word);
        numbers += at(isNumber, word);
      }
      if (word <= against) left += 1;
      if (against <= word) right += 1;
    }
    if (shared === 0) return NOTHING;
    return { likeness: shared / (at(totals, one) + at(totals, other) - shared), numbers };
  }

  /** How many first words of two titles are the same, at most 4: brand and product line often stand there. */
  sharedStart(one: number, other: number): number {
    let length = 0;
    while (length < START) {
      const word = at(this.openings, one * START + length);
      if (word < 0 || word !== at(this.openings, other * START + length)) break;
      length += 1;
    }
    return length;
  }
}

function openingOf(sequence: readonly number[]): number[] {
  return Array.from({ length: START }, (_, place) => sequence[place] ?? -1);
}
