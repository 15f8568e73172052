import { dot } from '../text/index.js';
import type { TextIndex } from '../text/index.js';

/**
 * Maximal marginal relevance (Carbonell and Goldstein 1998): takes, one after another, the item with the greatest
 * (1 − d) · relevance − d · (similarity to the most similar one taken before). Relevance is the score scaled to [0, 1]
 * over the candidates, similarity that of texts.
 *
 * @param items candidates, best first
 * @param scores of the candidates
 * @param options.diversity d, from 0 to 1
 * @returns places of the chosen ones among the candidates, in order
 */
export function diversify(
  text: TextIndex,
  items: ArrayLike<number>,
  scores: ArrayLike<number>,
  options: { readonly diversity: number; readonly count: number },
): number[] {
  const { diversity, count } = options;
  const best = scores[0] ?? 0;
  const worst = scores[scores.length - 1] ?? 0;
  const relevance = (place: number): number =>
    best === worst ? 1 : ((scores[place] ?? worst) - worst) / (best - worst);
  const likeness = new Float32Array(items.length);
  const taken = new Uint8Array(items.length);
  const chosen: number[] = [];
  while (chosen.length < Math.min(count, items.length)) {
    let next = 0;
    let nextValue = -Infinity;
    for (let place = 0; place < items.length; place++) {
      if (taken[place] === 1) continue;
      const value = (1 - diversity) * relevance(place) - diversity * (likeness[place] ?? 0);
      if (value <= nextValue) continue;
      next = place;
      nextValue = value;
    }
    taken[next] = 1;
    chosen.push(next);
    for (let place = 0; place < items.length; place++) {
      if (taken[place] === 1) continue;
      likeness[place] = Math.max(likeness[place] ?? 0, similarity(text, items[next] ?? 0, items[place] ?? 0));
    }
  }
  return chosen;
}

function similarity({ vectors, dimensions }: TextIndex, one: number, other: number): number {
  return dot(vectors, one * dimensions, vectors, other * dimensions, dimensions);
}
