import { HOST_BYTE_ORDER } from './words.js';

/** Of the host's WebAssembly, what is used here; the language's own library does not declare it. */
interface WebAssemblyHost {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: LaneExports };
}

interface LaneExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly add: (into: number, from: number, end: number) => void;
  readonly subtract: (into: number, from: number, end: number) => void;
}

/** Bytes that one run of the lanes can take. */
export const LANE_BYTES = 64 * 1024;
/** Bytes that one turn of the loop takes; a run is rounded up to a multiple of it. */
const TURN_BYTES = 64;

/**
 * Four words at a time: sums of 32-bit words in WebAssembly's 128-bit vectors. Two pieces of its memory are written by
 * the caller, combined, and read back.
 */
export interface WordLanes {
  /** What is added to; little-endian words. */
  readonly into: Uint8Array;
  /** What is added; little-endian words. */
  readonly from: Uint8Array;
  /** into ← into ± from mod 2^32, for the first `bytes` bytes, at most {@link LANE_BYTES}. */
  combine(sign: 1 | -1, bytes: number): void;
  /** Zeroes both pieces. */
  erase(): void;
}

/**
 * The lanes of this host.
 *
 * @returns undefined where its WebAssembly has no 128-bit vectors, or its words are big-endian
 */
export function wordLanes(): WordLanes | undefined {
  const { WebAssembly: host } = globalThis as { readonly WebAssembly?: WebAssemblyHost };
  if (host === undefined || HOST_BYTE_ORDER !== 'little') return undefined;
  try {
    const { memory, add, subtract } = new host.Instance(new host.Module(laneModule())).exports;
    const bytes = new Uint8Array(memory.buffer);
    return {
      into: bytes.subarray(0, LANE_BYTES),
      from: bytes.subarray(LANE_BYTES),
      combine: (sign, count) => {
        const end = Math.ceil(count / TURN_BYTES) * TURN_BYTES;
        if (sign === 1) add(0, LANE_BYTES, end);
        else subtract(0, LANE_BYTES, end);
      },
      erase: () => bytes.fill(0),
    };
  } catch {
    // An engine without vectors refuses to compile the module.
    return undefined;
  }
}

/** i32x4.add and i32x4.sub of the vector instructions, after their prefix. */
const VECTOR_ADD = [0xae, 0x01] as const;
const VECTOR_SUBTRACT = [0xb1, 0x01] as const;

/** A section, or a function's body, after its length (WebAssembly Core Specification 2.0, section 5.2.2). */
function sized(bytes: readonly number[]): number[] {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    if (rest < 0x80) return [...length, rest, ...bytes];
    length.push((rest & 0x7f) | 0x80);
  }
}

/**
 * The module in WebAssembly's binary format (Core Specification 2.0, chapter 5): two pages of memory, and two functions
 * (into, from, end) that combine 64 bytes a turn until `into` has come to `end`.
 */
function laneModule(): Uint8Array {
  const name = (text: string): number[] => [text.length, ...Buffer.from(text, 'ascii')];
  const combining = (operation: readonly number[]): number[] => {
    const lane = (offset: number): number[] => [
      ...[0x20, 0], // local.get into: where the result goes
      ...[0x20, 0, 0xfd, 0x00, 4, offset], // v128.load into
      ...[0x20, 1, 0xfd, 0x00, 4, offset], // v128.load from
      ...[0xfd, ...operation],
      ...[0xfd, 0x0b, 4, offset], // v128.store
    ];
    const step = [0x41, 0xc0, 0x00, 0x6a]; // i32.const 64, i32.add
    return sized([
      0, // no further locals
      ...[0x03, 0x40], // loop
      ...[0, 16, 32, 48].flatMap(lane),
      ...[0x20, 1, ...step, 0x21, 1], // from ← from + 64
      ...[0x20, 0, ...step, 0x22, 0], // into ← into + 64, kept on the stack
      ...[0x20, 2, 0x49, 0x0d, 0], // again if below end, unsigned
      ...[0x0b, 0x0b], // end of loop and of function
    ]);
  };
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, ...sized([1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0])], // one type: (i32, i32, i32) → ()
    ...[3, ...sized([2, 0, 0])], // two functions of it
    ...[5, ...sized([1, 0, 2])], // a memory of two pages of 64 KiB
    ...[7, ...sized([3, ...name('memory'), 2, 0, ...name('add'), 0, 0, ...name('subtract'), 0, 1])],
    ...[10, ...sized([2, ...combining(VECTOR_ADD), ...combining(VECTOR_SUBTRACT)])],
  ]);
}
