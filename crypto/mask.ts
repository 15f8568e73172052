import { createCipheriv } from 'node:crypto';
import type { Cipher } from 'node:crypto';
import { LANE_BYTES, wordLanes } from './lanes.js';
import type { WordLanes } from './lanes.js';
import { addWords, lowBits, reduceWords, subtractWords } from './ring.js';
import { bytesToWords, wordsToBytes } from './words.js';

/** Bytes of a mask key. */
export const MASK_KEY_BYTES = 32;

/** Larger pieces are slower: they no longer stay in the cache between being made and being added. */
const CHUNK_BYTES = LANE_BYTES;
const CHUNK_WORDS = CHUNK_BYTES / 4;
const ZEROS = new Uint8Array(CHUNK_BYTES);
/** Parts begin at multiples of so many words: a page of memory, and a whole number of cipher blocks. */
const STEP_WORDS = 1024;
/** Words of one cipher block. */
const BLOCK_WORDS = 4;
const LANES = wordLanes();
/** A closed port: what is transferred to it is gone. */
const NOWHERE = new MessageChannel().port1;
NOWHERE.close();
/** Key streams that are open at a time: each holds an expanded key, and each piece of the vector is visited once for all. */
const OPEN_STREAMS = 64;

/** One mask, and whether it is added or taken away. */
export interface Mask {
  /** 32 bytes, fresh for this mask. */
  readonly key: Uint8Array;
  readonly sign: 1 | -1;
}

/** Which ring a vector is in, and which part of the whole it is. */
export interface MaskedPart {
  /** w, 16..32. */
  readonly ringBits: number;
  /**
   * The coordinate at which the vector begins.
   * @default 0
   */
  readonly from?: number;
}

/** Coordinates from..to−1. */
export interface CoordinateRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Adds masks to a vector in place, or takes them away: vector + Σ ±PRG(key) mod 2^w, where PRG is AES-256-CTR (NIST SP
 * 800-38A, section 6.5) from a zero counter block read as little-endian words, of which the low w bits count. All masks
 * are expanded side by side, piece by piece, never one as a whole.
 *
 * A part of a longer vector may be masked by itself: the key streams are then entered at its first coordinate.
 *
 * @param vector words below 2^w afterwards, whatever they were before
 * @throws RangeError on a key of another length, other ring bits, or a `from` that is no coordinate
 */
export function applyMasks(vector: Uint32Array, masks: readonly Mask[], part: MaskedPart): void {
  applyMasksWith(LANES, vector, masks, part);
}

/** {@link applyMasks} by lanes, or word by word where there are none: the same bits. */
export function applyMasksWith(
  lanes: WordLanes | undefined,
  vector: Uint32Array,
  masks: readonly Mask[],
  part: MaskedPart,
): void {
  const { ringBits, from = 0 } = part;
  lowBits(ringBits);
  if (!Number.isSafeInteger(from) || from < 0) throw new RangeError(`a coordinate is a natural number, not ${from}`);
  for (const { key } of masks) {
    if (key.length !== MASK_KEY_BYTES) throw new RangeError(`a mask key has 32 bytes, not ${key.length}`);
  }
  for (let first = 0; first < masks.length; first += OPEN_STREAMS) {
    const group = masks.slice(first, first + OPEN_STREAMS);
    addStreams(
      lanes,
      vector,
      group.map(({ key, sign }) => ({ stream: openStream(key, from), sign })),
    );
  }
  reduceWords(vector, ringBits);
}

/**
 * Divides a vector's coordinates into parts that can be masked apart, as even as whole pages of memory allow.
 *
 * @param dimension d
 * @param parts at most so many; fewer where the vector is short
 * @throws RangeError unless both are positive integers
 */
export function splitCoordinates(dimension: number, parts: number): CoordinateRange[] {
  for (const count of [dimension, parts]) {
    if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`a positive integer is needed, not ${count}`);
  }
  const width = Math.ceil(dimension / parts / STEP_WORDS) * STEP_WORDS;
  return Array.from({ length: Math.ceil(dimension / width) }, (_, index) => ({
    from: index * width,
    to: Math.min(dimension, (index + 1) * width),
  }));
}

interface SignedStream {
  readonly stream: Cipher;
  readonly sign: 1 | -1;
}

/** A mask's key stream from a coordinate on. One IV for all masks: a key is fresh and serves one mask only. */
function openStream(key: Uint8Array, from: number): Cipher {
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(BigInt(Math.floor(from / BLOCK_WORDS)), 8);
  const stream = createCipheriv('aes-256-ctr', key, counter);
  const skipped = from % BLOCK_WORDS;
  if (skipped > 0) stream.update(ZEROS.subarray(0, 4 * skipped)).fill(0);
  return stream;
}

/** Adds the streams modulo 2^32; the caller reduces once at the end. */
function addStreams(lanes: WordLanes | undefined, vector: Uint32Array, streams: readonly SignedStream[]): void {
  for (let start = 0; start < vector.length; start += CHUNK_WORDS) {
    const piece = vector.subarray(start, start + CHUNK_WORDS);
    const zeros = piece.length === CHUNK_WORDS ? ZEROS : ZEROS.subarray(0, piece.byteLength);
    if (lanes === undefined) addByWords(piece, streams, zeros);
    else addByLanes(lanes, piece, streams, zeros);
  }
  // What was in between is a vector with some of its masks missing.
  lanes?.erase();
}

function addByLanes(lanes: WordLanes, piece: Uint32Array, streams: readonly SignedStream[], zeros: Uint8Array): void {
  const bytes = wordsToBytes(piece);
  lanes.into.set(bytes);
  for (const { stream, sign } of streams) {
    const made = stream.update(zeros);
    lanes.from.set(made);
    release(made);
    lanes.combine(sign, bytes.length);
  }
  bytes.set(lanes.into.subarray(0, bytes.length));
}

function addByWords(piece: Uint32Array, streams: readonly SignedStream[], zeros: Uint8Array): void {
  for (const { stream, sign } of streams) {
    const made = stream.update(zeros);
    const words = bytesToWords(made);
    if (sign === 1) addWords(piece, words, 32);
    else subtractWords(piece, words, 32);
    words.fill(0);
    release(made);
  }
}

/**
 * Zeroes a piece of key stream and gives its memory back at once: the next piece is then made in memory that is still in
 * the cache. The garbage collector would come to it some thousand pieces later, when all of that is cold. A transfer is
 * carried out also where nobody receives it (HTML, section 9.4.3, "message port post message steps").
 */
function release(piece: Buffer): void {
  piece.fill(0);
  const { buffer } = piece;
  // Never memory that is shared with anything else.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === piece.byteLength) NOWHERE.postMessage(undefined, [buffer]);
}
