import { streamRandom } from '../../crypto/index.js';

/** Whole numbers below a bound, from a seed. */
export type Dice = (below: number) => number;

/** Dice whose throws follow from a seed. */
export function seededDice(seed: number): Dice {
  const key = Buffer.alloc(32);
  key.writeUInt32LE(seed);
  const source = streamRandom(key);
  return (below) => Buffer.from(source.bytes(6)).readUIntLE(0, 6) % Math.max(1, below);
}

/** Bytes that formats stumble over: extremes of lengths, varints that do not end, group tags, quiet and loud NaNs. */
const AWKWARD = [
  '00',
  'ff',
  '7f',
  '80',
  'ffffffffffffffffff7f',
  '8080808080808080808000',
  '0b0b0b0b',
  '0c',
  'f87f',
  'f07f',
].map((hex) => Buffer.from(hex, 'hex'));

type Mutation = (bytes: Buffer, dice: Dice, other: Buffer) => Buffer;

const splice = (bytes: Buffer, at: number, removed: number, inserted: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);

const MUTATIONS: readonly Mutation[] = [
  (bytes, dice) => {
    const at = dice(bytes.length);
    return splice(bytes, at, 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << dice(8))]));
  },
  (bytes, dice) => splice(bytes, dice(bytes.length), 1, Buffer.from([dice(256)])),
  (bytes, dice) => bytes.subarray(0, dice(bytes.length)),
  (bytes, dice) => splice(bytes, dice(bytes.length), dice(9), Buffer.alloc(0)),
  (bytes, dice) => splice(bytes, dice(bytes.length), dice(3), AWKWARD[dice(AWKWARD.length)] ?? Buffer.alloc(0)),
  (bytes, dice) => {
    const from = dice(bytes.length);
    return splice(bytes, dice(bytes.length), 0, bytes.subarray(from, from + dice(64)));
  },
  (bytes, dice, other) => {
    const from = dice(other.length);
    return splice(bytes, dice(bytes.length), dice(64), other.subarray(from, from + dice(64)));
  },
  (bytes, dice, other) => Buffer.concat([bytes.subarray(0, dice(bytes.length)), other.subarray(dice(other.length))]),
];

/** One to four changes to a good message; some take a piece of another good one. */
export function mutate(bytes: Uint8Array, other: Uint8Array, dice: Dice): Buffer {
  let mutated: Buffer = Buffer.from(bytes);
  for (let change = dice(4); change >= 0; change--) {
    mutated = MUTATIONS[dice(MUTATIONS.length)]?.(mutated, dice, Buffer.from(other)) ?? mutated;
  }
  return mutated;
}
