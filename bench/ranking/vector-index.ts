import { performance } from 'node:perf_hooks';
import { labelledHash, streamRandom } from '../../crypto/index.js';
import { IvfIndex, loadEngine, normaliseRows, topOf } from '../../recommender/index.js';
import { latency } from './measure.js';
import type { Latency } from './measure.js';

const DIMENSIONS = 64;
/** Generated vectors gather around so many centres, as products gather in kinds. */
const CENTRES = 2000;
const SPREAD = 1;
const PROBES = [8, 16, 32, 64, 128] as const;
const QUERIES = 1000;
const CHECKED = 100;

/** What one run found. */
export interface IndexFigures {
  /** The vectors are generated, not those of products. */
  readonly generated: true;
  readonly vectors: number;
  readonly dimensions: number;
  readonly lists: number;
  readonly buildSeconds: number;
  /** By the number of lists looked at: share of the true ten nearest that are found, and milliseconds a query. */
  readonly byProbes: readonly { readonly probes: number; readonly recall10: number; readonly milliseconds: Latency }[];
}

/** Builds an index over generated vectors and compares its answers with all of them. */
export async function measureIndex(count: number, onStage: (stage: string) => void): Promise<IndexFigures> {
  onStage('Generating vectors …');
  const random = streamRandom(labelledHash('guildhall/v1/bench-index'));
  const draws = normals(random.bytes(1 << 22));
  const centres = Float32Array.from({ length: CENTRES * DIMENSIONS }, draws);
  const clustered = (rows: number): Float32Array => {
    const vectors = new Float32Array(rows * DIMENSIONS);
    for (let row = 0; row < rows; row++) {
      const centre = ((row * 7919) % CENTRES) * DIMENSIONS;
      for (let at = 0; at < DIMENSIONS; at++)
        vectors[row * DIMENSIONS + at] = (centres[centre + at] ?? 0) + SPREAD * draws();
    }
    normaliseRows(vectors, DIMENSIONS);
    return vectors;
  };
  const vectors = clustered(count);
  const asked = clustered(QUERIES);
  const queries = Array.from({ length: QUERIES }, (_, row) => asked.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS));
  onStage('Building the index …');
  const start = performance.now();
  const index = IvfIndex.build(await loadEngine(), vectors, { dimensions: DIMENSIONS, random });
  const buildSeconds = (performance.now() - start) / 1000;
  onStage('Comparing with all vectors …');
  const scores = new Float32Array(count);
  const truth = queries.slice(0, CHECKED).map((query) => {
    for (let row = 0; row < count; row++) {
      let sum = 0;
      for (let at = 0; at < DIMENSIONS; at++) sum += (vectors[row * DIMENSIONS + at] ?? 0) * (query[at] ?? 0);
      scores[row] = sum;
    }
    return new Set(topOf(scores, 10).items);
  });
  const byProbes = PROBES.map((probes) => {
    const found = truth.map((nearest, query) => {
      const { items } = index.search(queries[query] ?? new Float32Array(DIMENSIONS), 10, probes);
      return items.filter((item) => nearest.has(item)).length / nearest.size;
    });
    const recall10 = found.reduce((sum, share) => sum + share, 0) / found.length;
    return { probes, recall10, milliseconds: latency(queries, (query) => index.search(query, 10, probes)) };
  });
  return { generated: true, vectors: count, dimensions: DIMENSIONS, lists: index.size, buildSeconds, byProbes };
}

/** Approximately normal deviates, quickly: sums of four bytes, drawn once and gone through in strides. */
function normals(bytes: Uint8Array): () => number {
  let at = 0;
  return () => {
    let sum = 0;
    for (let draw = 0; draw < 4; draw++) {
      sum += bytes[at] ?? 0;
      at = (at + 4099) % bytes.length;
    }
    return (sum - 510) / 147.8;
  };
}
