import { textRuns } from '../text/index.js';

/**
 * The terms that lexical search counts, repeats kept: whole words, and in scripts without spaces every character and
 * every pair. Lower case, compatibility forms unified (NFKC), so that ＡＢＣ and ABC meet.
 */
export function searchTerms(text: string): string[] {
  const terms: string[] = [];
  for (const { kind, run } of textRuns(text.normalize('NFKC').toLowerCase())) {
    if (kind === 'word') {
      terms.push(run);
      continue;
    }
    const characters = Array.from(run);
    terms.push(...characters);
    for (let at = 1; at < characters.length; at++) terms.push(`${characters[at - 1] ?? ''}${characters[at] ?? ''}`);
  }
  return terms;
}
