import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readItems } from '../../../recommender/data/index.js';
import { loadEngine } from '../../../recommender/engine/index.js';
import { topOf } from '../../../recommender/mix/index.js';
import { shuffle, uniformBelow } from '../../../recommender/random.js';
import type { RandomSource } from '../../../recommender/random.js';
import { Bm25Index, CatalogueSearch, searchTerms } from '../../../recommender/search/index.js';
import { dot, hash512, loadTextIndex, textOf } from '../../../recommender/text/index.js';
import { seeded } from '../../recommender/support/coins.js';

const DATA = join(process.env.GUILDHALL_DATA ?? join(import.meta.dirname, '../../../../shared/data'), 'amazon');
const QUERIES = 400;
const WORDS = 3;
const CUTOFF = 10;

interface Query {
  readonly text: string;
  readonly item: number;
}

/** Leaves one letter out of one of the words: a generated misspelling. */
function misspelt(words: readonly string[], random: RandomSource): string[] {
  const at = uniformBelow(random, words.length);
  return words.map((word, place) => {
    if (place !== at || word.length < 4) return word;
    const gap = 1 + uniformBelow(random, word.length - 2);
    return word.slice(0, gap) + word.slice(gap + 1);
  });
}

if (existsSync(DATA)) {
  describe('known-item search on a real catalogue, with generated queries', function () {
    this.timeout(300_000);

    it('finds misspelt words better fused than by words alone, and loses next to nothing on clean ones', async () => {
      const path = join(DATA, 'beauty', 'items.csv.gz');
      const { catalogue } = await readItems({ name: path, bytes: createReadStream(path) });
      const text = loadTextIndex(catalogue, await loadEngine());
      const search = new CatalogueSearch(catalogue, text);
      const words = new Bm25Index(catalogue.items.map(textOf));
      const encoder = hash512.fit(catalogue.items);
      const byWords = (query: string): number[] => {
        const scores = new Float32Array(text.items);
        for (const [item, score] of words.search(query)) scores[item] = score;
        return Array.from(topOf(scores, CUTOFF).items);
      };
      const byLikeness = (query: string): number[] => {
        const vector = encoder.query(query);
        const likeness = Float32Array.from({ length: text.items }, (_, item) =>
          dot(text.vectors, item * vector.length, vector, 0, vector.length),
        );
        return Array.from(topOf(likeness, CUTOFF).items);
      };
      const fused = (query: string): number[] => search.search(query, CUTOFF).map(({ document }) => document);
      for (const kind of ['clean', 'misspelt'] as const) {
        const random = seeded(`known items, ${kind}`);
        const queries = Array.from({ length: QUERIES }, (): Query => {
          const item = uniformBelow(random, text.items);
          const terms = [...new Set(searchTerms(catalogue.items[item]?.title ?? ''))];
          const order = shuffle(
            Array.from(terms, (_, at) => at),
            random,
          ).slice(0, WORDS);
          const chosen = order.map((at) => terms[at] ?? '');
          return { item, text: (kind === 'clean' ? chosen : misspelt(chosen, random)).join(' ') };
        });
        const mrr = (find: (query: string) => number[]): number =>
          queries.reduce((sum, query) => {
            const rank = find(query.text).indexOf(query.item);
            return sum + (rank < 0 ? 0 : 1 / (rank + 1));
          }, 0) / QUERIES;
        const figures = { words: mrr(byWords), likeness: mrr(byLikeness), fused: mrr(fused) };
        const said = `MRR@10, ${kind}: ${JSON.stringify(figures)}`;
        expect(figures.fused, said).to.be.greaterThan((kind === 'clean' ? 0.97 : 1) * figures.words);
        expect(figures.fused, said).to.be.greaterThan(figures.likeness);
      }
    });
  });
}
