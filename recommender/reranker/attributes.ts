import type { Catalogue } from '../types.js';
import { Titles } from './titles.js';

/** Public attributes of a catalogue's items, brands and categories as small integers, for the pair features. */
export interface PairAttributes {
  /** Brand of every item; −1 when the catalogue names none. */
  readonly brand: Int32Array;
  /** Category of every item by its first 3, 4 and 5 words and whole; −1 when the catalogue names none. */
  readonly category: readonly [Int32Array, Int32Array, Int32Array, Int32Array];
  /** ln(1 + items of the same whole category). */
  readonly logCategorySize: Float32Array;
  readonly titles: Titles;
}

/** Numbers equal strings alike, in order of first appearance; −1 for the empty one. */
function encode(labels: readonly string[]): Int32Array {
  const codes = new Map<string, number>();
  return Int32Array.from(labels, (label) => {
    if (label === '') return -1;
    const code = codes.get(label) ?? codes.size;
    codes.set(label, code);
    return code;
  });
}

/** Encodes what brands, category paths and titles say; once a catalogue. */
export function pairAttributes(catalogue: Catalogue): PairAttributes {
  const paths = catalogue.items.map((item) => item.category.split(/\s+/u).filter((word) => word !== ''));
  const atDepth = (depth: number): Int32Array => encode(paths.map((path) => path.slice(0, depth).join(' ')));
  const whole = atDepth(Infinity);
  const sizes = new Map<number, number>();
  for (const code of whole) sizes.set(code, (sizes.get(code) ?? 0) + 1);
  return {
    brand: encode(catalogue.items.map((item) => item.brand)),
    category: [atDepth(3), atDepth(4), atDepth(5), whole],
    logCategorySize: Float32Array.from(whole, (code) => Math.log1p(sizes.get(code) ?? 0)),
    titles: new Titles(catalogue),
  };
}
