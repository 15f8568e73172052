import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  decodeTowerFile,
  encodeTowerFile,
  packedLength,
  packParameters,
  PRECISIONS,
  unpackParameters,
} from '../../../recommender/compression/index.js';
import type { TowerFile } from '../../../recommender/compression/index.js';
import { DEFAULT_TOWER, parametersOf } from '../../../recommender/tower/index.js';
import { expectCode } from '../../expect-code.js';
import { lively, SMALL_TOWER } from '../tower/scene.js';

const model = lively(SMALL_TOWER);
const fileOf = (change: Partial<TowerFile> = {}): TowerFile => ({
  model,
  precision: 'int8',
  origin: 'released',
  encoder: 'hash-512',
  source: new Uint8Array(32).fill(7),
  ...change,
});

const encoded = (change: Partial<TowerFile> = {}): Uint8Array => Uint8Array.from(encodeTowerFile(fileOf(change)));

/** With the checksum made again, as somebody would who builds a file on purpose. */
function resealed(bytes: Uint8Array, change: (bytes: Uint8Array) => void): Uint8Array {
  const body = bytes.slice(0, -32);
  change(body);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

describe('packed parameters', () => {
  it('are of the length that is said, and move no value further than is said', () => {
    for (const precision of PRECISIONS) {
      const bytes = packParameters(model, precision);
      expect(bytes.length).to.equal(packedLength(SMALL_TOWER, precision));
      const { parameters } = unpackParameters(bytes, SMALL_TOWER, precision);
      for (const { shape, start, size } of parametersOf(SMALL_TOWER)) {
        const columns = shape[1] ?? size;
        for (let at = start; at < start + size; at += 1) {
          const value = model.parameters[at] ?? 0;
          const first = start + Math.floor((at - start) / columns) * columns;
          const greatest = Math.max(...model.parameters.subarray(first, first + columns).map(Math.abs));
          const bound = {
            float32: 0,
            float16: Math.max(2 ** -11 * Math.abs(value), 2 ** -25),
            int8: shape.length === 2 ? (greatest / 127) * (0.5 + 2 ** -15) * (1 + 2 ** -23) : 0,
          }[precision];
          expect(Math.abs((parameters[at] ?? 0) - value), precision).to.be.at.most(bound);
        }
      }
    }
  });

  it('of the default tower take a half and about a quarter', () => {
    const [full = 0, half, eighth = 0] = PRECISIONS.map((precision) => packedLength(DEFAULT_TOWER, precision));
    expect(half).to.equal(full / 2);
    expect(eighth / full).to.be.closeTo(0.27, 0.01);
  });
});

describe('a tower file', () => {
  it('gives back what was put in, in every precision', () => {
    for (const precision of PRECISIONS) {
      const read = decodeTowerFile(encoded({ precision, origin: 'distilled' }));
      expect(read).to.deep.equal({
        ...fileOf({ precision, origin: 'distilled' }),
        model: unpackParameters(packParameters(model, precision), SMALL_TOWER, precision),
      });
    }
  });

  it('is refused after any change of a byte, or cut short anywhere', () => {
    const bytes = encoded();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] ?? 0) ^ change;
        expectCode(() => decodeTowerFile(damaged), at === 8 ? 'MODEL_FILE_UNSUPPORTED' : 'MODEL_FILE_DAMAGED');
      }),
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expectCode(() => decodeTowerFile(bytes.subarray(0, length)), 'MODEL_FILE_DAMAGED');
      }),
    );
    expect(decodeTowerFile(bytes).encoder, 'the file itself').to.equal('hash-512');
  });

  it('of another format version is told from a damaged one', () => {
    const later = resealed(encoded(), (bytes) => (bytes[8] = 2));
    expectCode(() => decodeTowerFile(later), 'MODEL_FILE_UNSUPPORTED');
  });

  it('built on purpose is read only where its sizes make sense', () => {
    const bytes = encoded();
    const forged = (at: number, value: number): Uint8Array =>
      resealed(bytes, (body) => new DataView(body.buffer).setUint32(at, value, true));
    for (const [at, value] of [
      [12, 0],
      [16, 2 ** 32 - 1],
      [24, 3],
      [32, 6],
    ] as const) {
      expectCode(() => decodeTowerFile(forged(at, value)), 'MODEL_FILE_DAMAGED');
    }
    const precision = resealed(bytes, (body) => (body[9] = 9));
    expectCode(() => decodeTowerFile(precision), 'MODEL_FILE_DAMAGED');
  });

  it('cannot be made of what a precision cannot hold', () => {
    const parameters = model.parameters.slice();
    parameters[0] = 1e9;
    expect(() => encoded({ model: { ...model, parameters }, precision: 'float16' })).to.throw(RangeError);
  });
});
