/**
 * Runs of scripts that are written without spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese), with
 * their marks; or words of all other letters and digits.
 */
const RUNS =
  /(?<unspaced>(?:(?=[\p{L}\p{M}\p{N}])[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}])+)|(?<word>(?:(?![\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}])[\p{L}\p{N}])+)/gu;

/**
 * The text features of one item, repeats kept: every word, the 3- and 4-grams of `<word>`, and for scripts without
 * spaces the 1- to 3-grams of characters. Lower case.
 */
export function textFeatures(text: string): string[] {
  const features: string[] = [];
  for (const { kind, run } of textRuns(text.toLowerCase())) {
    if (kind === 'unspaced') pushGrams(features, Array.from(run), 1, 3);
    else {
      features.push(run);
      pushGrams(features, Array.from(`<${run}>`), 3, 4);
    }
  }
  return features;
}

/** A stretch of text without anything between its letters. */
export interface TextRun {
  /** A word, or a run of a script that is written without spaces. */
  readonly kind: 'word' | 'unspaced';
  readonly run: string;
}

/** The runs of a text, in order; everything else separates them. */
export function textRuns(text: string): TextRun[] {
  return Array.from(text.matchAll(RUNS), ({ groups }) =>
    groups?.unspaced === undefined
      ? { kind: 'word', run: groups?.word ?? '' }
      : { kind: 'unspaced', run: groups.unspaced },
  );
}

function pushGrams(into: string[], characters: readonly string[], shortest: number, longest: number): void {
  for (let length = shortest; length <= longest; length++) {
    for (let start = 0; start + length <= characters.length; start++) {
      into.push(characters.slice(start, start + length).join(''));
    }
  }
}
