import { createHash } from 'node:crypto';
import { GuildhallError } from '../../errors/index.js';
import type { TowerModel, TowerShape } from '../tower/index.js';
import { PRECISIONS } from './item-vectors.js';
import type { Precision } from './item-vectors.js';
import { packedLength, packParameters, unpackParameters } from './parameters.js';

/** Where a compressed tower's parameters come from: a release as it was, or a smaller tower that was taught by it. */
export type TowerOrigin = 'released' | 'distilled';

/** What a tower file holds. */
export interface TowerFile {
  readonly model: TowerModel;
  readonly precision: Precision;
  readonly origin: TowerOrigin;
  /** Name of the text encoder that the tower reads. */
  readonly encoder: string;
  /** SHA-256 of the release that it was made from, 32 bytes. */
  readonly source: Uint8Array;
}

const MAGIC = Buffer.from('GHTOWER\n', 'latin1');
const VERSION = 1;
const ORIGINS: readonly TowerOrigin[] = ['released', 'distilled'];
const SIZES = ['features', 'width', 'blocks', 'heads', 'inner', 'length'] as const satisfies (keyof TowerShape)[];
const SHA256_BYTES = 32;
/** Magic, version, precision, origin, length of the encoder's name, sizes, source. */
const HEADER_BYTES = MAGIC.length + 4 + 4 * SIZES.length + SHA256_BYTES;
/** The largest size that is believed: far above any tower, and small enough to multiply. */
const LARGEST = 2 ** 16;

/**
 * A compressed tower as a file, little-endian:
 *
 * | bytes | what |
 * | --- | --- |
 * | 8 | `GHTOWER` and a line feed |
 * | 1 | version of the format, 1 |
 * | 1 | precision: 0 float32, 1 float16, 2 int8 |
 * | 1 | origin: 0 released, 1 distilled |
 * | 1 | e, bytes of the encoder's name |
 * | 24 | features, width, blocks, heads, inner, length; 4 each |
 * | 32 | SHA-256 of the release that it was made from |
 * | e | the encoder's name, UTF-8 |
 * | | parameters, see `packParameters` |
 * | 32 | SHA-256 of all bytes before |
 *
 * @throws RangeError for a value that the precision cannot hold, an encoder's name above 255 bytes, or another source
 * than 32 bytes
 */
export function encodeTowerFile({ model, precision, origin, encoder, source }: TowerFile): Uint8Array {
  const name = Buffer.from(encoder, 'utf8');
  if (name.length > 255) throw new RangeError('The name of an encoder has at most 255 bytes.');
  if (source.length !== SHA256_BYTES) throw new RangeError('The source is a SHA-256 of 32 bytes.');
  const sizes = Buffer.alloc(4 * SIZES.length);
  SIZES.forEach((size, at) => sizes.writeUInt32LE(model.shape[size], 4 * at));
  const codes = Buffer.of(VERSION, PRECISIONS.indexOf(precision), ORIGINS.indexOf(origin), name.length);
  const body = Buffer.concat([MAGIC, codes, sizes, source, name, packParameters(model, precision)]);
  return Buffer.concat([body, sha256(body)]);
}

/**
 * Reads a tower file; nothing in it is believed before its checksum is.
 * @throws GuildhallError MODEL_FILE_DAMAGED, MODEL_FILE_UNSUPPORTED
 */
export function decodeTowerFile(bytes: Uint8Array): TowerFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged('it is no tower file');
  const version = file[MAGIC.length] ?? 0;
  if (file.length > MAGIC.length && version !== VERSION) {
    throw new GuildhallError(
      'MODEL_FILE_UNSUPPORTED',
      `The tower file has format ${version}, this program reads ${VERSION}.`,
    );
  }
  const end = file.length - SHA256_BYTES;
  if (end < HEADER_BYTES) throw damaged('it is cut short');
  if (!sha256(file.subarray(0, end)).equals(file.subarray(end))) throw damaged('its checksum does not fit');
  const codes = file.subarray(MAGIC.length + 1, MAGIC.length + 4);
  const precision = PRECISIONS[codes[0] ?? 0];
  const origin = ORIGINS[codes[1] ?? 0];
  if (precision === undefined || origin === undefined) throw damaged('it names an unknown precision or origin');
  const shape = shapeAt(file, MAGIC.length + 4);
  const nameStart = HEADER_BYTES;
  const parametersStart = nameStart + (codes[2] ?? 0);
  const encoder = file.toString('utf8', nameStart, parametersStart);
  if (end - parametersStart !== packedLength(shape, precision)) throw damaged('its sizes do not fit its length');
  const model = unpackParameters(file.subarray(parametersStart, end), shape, precision);
  return {
    model,
    precision,
    origin,
    encoder,
    source: Uint8Array.from(file.subarray(HEADER_BYTES - SHA256_BYTES, HEADER_BYTES)),
  };
}

function shapeAt(file: Buffer, at: number): TowerShape {
  const sizes = SIZES.map((name, place) => [name, file.readUInt32LE(at + 4 * place)] as const);
  for (const [name, size] of sizes) {
    if (size < 1 || size > LARGEST) throw damaged(`its ${name} is ${size}`);
  }
  const [features = 0, width = 0, blocks = 0, heads = 0, inner = 0, length = 0] = sizes.map(([, size]) => size);
  if (width % heads !== 0) throw damaged(`${heads} heads do not share a width of ${width}`);
  return { features, width, blocks, heads, inner, length };
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

function damaged(what: string): GuildhallError {
  return new GuildhallError('MODEL_FILE_DAMAGED', `The compressed tower cannot be read: ${what}.`);
}
