import { expect } from 'chai';
import { loadEngine } from '../../../recommender/engine/index.js';
import {
  catalogueDigest,
  crc32,
  hash512,
  loadTextIndex,
  serialiseTextIndex,
  textFeatures,
} from '../../../recommender/text/index.js';
import type { Catalogue, Item } from '../../../recommender/types.js';
import { smallCatalogue } from '../support/shop.js';

const item = (title: string, brand = '', category = ''): Item => ({ id: title, title, brand, category });
const catalogueOf = (items: readonly Item[]): Catalogue => ({
  items,
  indexOf: new Map(items.map(({ id }, index) => [id, index])),
});

describe('crc32', () => {
  it('matches the check value of the polynomial', () => {
    expect(crc32(Buffer.from('123456789'))).to.equal(0xcbf43926);
    expect(crc32(new Uint8Array())).to.equal(0);
  });
});

describe('text features', () => {
  it('are words and the 3- and 4-grams of a word in angle brackets', () => {
    expect(textFeatures('Nail')).to.deep.equal(['nail', '<na', 'nai', 'ail', 'il>', '<nai', 'nail', 'ail>']);
  });

  it('split at everything but letters and digits, the underscore included', () => {
    const words = textFeatures('OPI_Red "E55", 0.5-Oz').filter((feature) => /^\w{3,}$/.test(feature));
    expect(words).to.include.members(['opi', 'red', 'e55']);
    expect(textFeatures('-_- & ,')).to.deep.equal([]);
  });

  it('keep a one-letter word and its single gram', () => {
    expect(textFeatures('x')).to.deep.equal(['x', '<x>']);
  });

  it('are 1- to 3-grams of characters in scripts without spaces', () => {
    expect(textFeatures('洗面奶')).to.deep.equal(['洗', '面', '奶', '洗面', '面奶', '洗面奶']);
    expect(textFeatures('ソニー')).to.include.members(['ソ', 'ニー', 'ソニー']);
    expect(textFeatures('สบู่')).to.include('ส');
  });

  it('keep both kinds apart in a mixed run', () => {
    const features = textFeatures('BB霜x');
    expect(features).to.include.members(['bb', '<bb>', '霜', 'x']);
    expect(features).to.not.include('bb霜x');
  });

  it('count characters, not code units, outside the basic plane', () => {
    expect(textFeatures('𝕒𝕓')).to.deep.equal(['𝕒𝕓', '<𝕒𝕓', '𝕒𝕓>', '<𝕒𝕓>']);
    expect(textFeatures('𠮷野')).to.deep.equal(['𠮷', '野', '𠮷野']);
  });
});

describe('the hash-512 encoder', () => {
  const items = [item('Red nail polish', 'Acme'), item('Blue nail polish', 'Acme'), item('Garden hose'), item('Hose')];

  it('gives the values of an independent implementation', () => {
    const vectors = hash512.encode(items);
    const row = Array.from(vectors.subarray(0, 512));
    REFERENCE.forEach(([dimension, value]) => expect(row[dimension]).to.be.closeTo(value, 1e-6));
  });

  it('gives rows of unit length, centred before', () => {
    const vectors = hash512.encode(items);
    for (let start = 0; start < vectors.length; start += 512) {
      const squares = vectors.subarray(start, start + 512).reduce((sum, value) => sum + value * value, 0);
      expect(squares).to.be.closeTo(1, 1e-5);
    }
  });

  it('puts like texts nearer than unlike ones', () => {
    const vectors = hash512.encode(items);
    const similarity = (a: number, b: number) =>
      vectors
        .subarray(a * 512, a * 512 + 512)
        .reduce((sum, value, at) => sum + value * (vectors[b * 512 + at] ?? 0), 0);
    expect(similarity(0, 1)).to.be.greaterThan(similarity(0, 2));
    expect(similarity(2, 3)).to.be.greaterThan(similarity(0, 3));
  });

  it('survives items without text and catalogues of one', () => {
    expect(hash512.encode([item(''), item('a b')]).every(Number.isFinite)).to.equal(true);
    expect(hash512.encode([item('alone')]).every((value) => Math.abs(value) < 1e-6)).to.equal(true);
    expect(hash512.encode([])).to.have.length(0);
  });
});

describe('the digest of a catalogue', () => {
  it('changes with every field and with the order, and is not fooled by moved boundaries', () => {
    const base = [item('ab', 'c', 'd'), item('e', 'f', 'g')];
    const variants = [
      base,
      [...base].reverse(),
      base.slice(1),
      [{ ...item('ab', 'c', 'd'), id: 'other' }, item('e', 'f', 'g')],
      [{ ...item('ab', 'cd', ''), id: 'ab' }, item('e', 'f', 'g')],
      [{ ...item('a', 'bc', 'd'), id: 'ab' }, item('e', 'f', 'g')],
    ];
    expect(new Set(variants.map((items) => catalogueDigest(catalogueOf(items)))).size).to.equal(variants.length);
    expect(catalogueDigest(catalogueOf(base))).to.match(/^[0-9a-f]{64}$/);
  });
});

describe('the text index', () => {
  it('comes back from its bytes equal, and is computed again from bytes of other items or cut bytes', async () => {
    const engine = await loadEngine();
    const catalogue = smallCatalogue();
    const index = loadTextIndex(catalogue, engine);
    expect(index.neighbours.count).to.equal(50);
    const cached = serialiseTextIndex(index);
    const encoder = { ...hash512, encode: () => expect.fail('the cache was not used') };
    expect(loadTextIndex(catalogue, engine, { cached, encoder })).to.deep.equal(index);
    const other = catalogueOf(catalogue.items.slice(1));
    expect(loadTextIndex(other, engine, { cached }).items).to.equal(143);
    expect(loadTextIndex(catalogue, engine, { cached: cached.subarray(0, -4) })).to.deep.equal(index);
    expect(loadTextIndex(catalogue, engine, { cached: new Uint8Array() })).to.deep.equal(index);
  });
});

/** Largest entries of the first row, computed with Python's re, zlib.crc32 and math.log. */
const REFERENCE: readonly (readonly [number, number])[] = [
  [62, -0.20580589],
  [152, 0.22612513],
  [325, 0.22612513],
  [399, 0.45225026],
  [456, -0.22612513],
  [465, 0.22612513],
];
