import type { Item } from '../types.js';
import { crc32 } from './crc32.js';
import { textOf } from './encoder.js';
import type { FittedTextEncoder, ItemTextEncoder } from './encoder.js';
import { textFeatures } from './features.js';

const DIMENSIONS = 512;
/** Below this norm an item has no text of its own, and its vector stays near zero instead of being blown up. */
const SMALLEST_NORM = 1e-9;

/**
 * The default encoder: signed feature hashing (Weinberger et al. 2009) of words and character n-grams into 512
 * dimensions with inverse document frequencies ln(1 + N/df), centred over the catalogue, of unit length. Needs no
 * download, no training and no GPU; the bucket is crc32 mod 512 and the sign is its bit 16.
 */
export const hash512: ItemTextEncoder = {
  name: 'hash-512',
  dimensions: DIMENSIONS,
  encode: (items) => encode(items, countItems(items)),
  fit: fitToCatalogue,
};

interface CountedItems {
  readonly vocabulary: Vocabulary;
  readonly counted: readonly CountedFeatures[];
}

function countItems(items: readonly Item[]): CountedItems {
  const vocabulary = new Vocabulary();
  return { vocabulary, counted: items.map((item) => vocabulary.count(textFeatures(textOf(item)))) };
}

function encode(items: readonly Item[], { vocabulary, counted }: CountedItems): Float32Array {
  const vectors = weighed(items, vocabulary, counted);
  subtract(vectors, meanOf(vectors, items.length));
  normaliseRows(vectors, DIMENSIONS);
  return vectors;
}

function weighed(items: readonly Item[], vocabulary: Vocabulary, counted: readonly CountedFeatures[]): Float32Array {
  const vectors = new Float32Array(items.length * DIMENSIONS);
  const weights = vocabulary.signedWeights(items.length);
  counted.forEach(({ features, counts }, row) => {
    features.forEach((feature, position) => {
      const at = row * DIMENSIONS + vocabulary.bucketOf(feature);
      vectors[at] = (vectors[at] ?? 0) + (weights[feature] ?? 0) * (counts[position] ?? 0);
    });
  });
  return vectors;
}

/**
 * Encodes other texts with the weights and the centre of a catalogue. A feature that no item has says nothing and is
 * left out. A query is not centred: the mean of whole items would drown its few words, and the items that it meets are
 * centred.
 */
function fitToCatalogue(items: readonly Item[]): FittedTextEncoder {
  const { vocabulary, counted } = countItems(items);
  const weights = vocabulary.signedWeights(items.length);
  const centre = meanOf(weighed(items, vocabulary, counted), items.length);
  const sum = (text: string): Float32Array => {
    const vector = new Float32Array(DIMENSIONS);
    for (const feature of vocabulary.known(textFeatures(text))) {
      const at = vocabulary.bucketOf(feature);
      vector[at] = (vector[at] ?? 0) + (weights[feature] ?? 0);
    }
    return vector;
  };
  return {
    query(text) {
      const vector = sum(text);
      normaliseRows(vector, DIMENSIONS);
      return vector;
    },
    item(item) {
      const vector = sum(textOf(item));
      subtract(vector, centre);
      normaliseRows(vector, DIMENSIONS);
      return vector;
    },
  };
}

/** The features of one item: distinct feature numbers and how often each occurs. */
interface CountedFeatures {
  readonly features: Int32Array;
  readonly counts: Int32Array;
}

/** Numbers the features of a catalogue and counts the items that have each. */
class Vocabulary {
  private readonly numbers = new Map<string, number>();
  private readonly hashes: number[] = [];
  private readonly itemsWith: number[] = [];
  private readonly utf8 = new TextEncoder();

  count(features: readonly string[]): CountedFeatures {
    const counts = new Map<number, number>();
    for (const feature of features) {
      const number = this.numberOf(feature);
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    for (const number of counts.keys()) this.itemsWith[number] = (this.itemsWith[number] ?? 0) + 1;
    return { features: Int32Array.from(counts.keys()), counts: Int32Array.from(counts.values()) };
  }

  /** Numbers of those features that some item has, repeats kept. */
  known(features: readonly string[]): number[] {
    return features.flatMap((feature) => this.numbers.get(feature) ?? []);
  }

  private numberOf(feature: string): number {
    const known = this.numbers.get(feature);
    if (known !== undefined) return known;
    const number = this.hashes.push(crc32(this.utf8.encode(feature))) - 1;
    this.numbers.set(feature, number);
    return number;
  }

  bucketOf(feature: number): number {
    return (this.hashes[feature] ?? 0) % DIMENSIONS;
  }

  signedWeights(items: number): Float64Array {
    return Float64Array.from(this.hashes, (hash, feature) => {
      const weight = Math.log(1 + items / (this.itemsWith[feature] ?? 1));
      return (hash >>> 16) & 1 ? weight : -weight;
    });
  }
}

function meanOf(vectors: Float32Array, rows: number): Float64Array {
  const mean = new Float64Array(DIMENSIONS);
  vectors.forEach((value, at) => {
    mean[at % DIMENSIONS] = (mean[at % DIMENSIONS] ?? 0) + value / rows;
  });
  return mean;
}

function subtract(vectors: Float32Array, mean: Float64Array): void {
  vectors.forEach((value, at) => {
    vectors[at] = value - (mean[at % DIMENSIONS] ?? 0);
  });
}

/** Scales every row of a matrix to Euclidean length 1, in place. */
export function normaliseRows(matrix: Float32Array, width: number): void {
  for (let start = 0; start < matrix.length; start += width) {
    const row = matrix.subarray(start, start + width);
    let squares = 0;
    for (const value of row) squares += value * value;
    const scale = 1 / Math.max(Math.sqrt(squares), SMALLEST_NORM);
    row.forEach((value, at) => {
      row[at] = value * scale;
    });
  }
}
