import { SecAggClient, SigningKey, osRandom, streamRandom } from '../../crypto/index.js';
import type { ClientInput, ClientOutput } from '../../crypto/index.js';
import { namesOf, termsOf } from './cell.js';
import type { Cell } from './cell.js';

/** One merchant of a round, played by the real client. */
export interface Merchant {
  readonly name: string;
  readonly vanishes: boolean;
  readonly start: () => ReturnType<typeof SecAggClient.start>;
  /** d words below 2^w, the same at every call. */
  readonly vector: () => Uint32Array;
}

/** The merchants of a cell; who vanishes is spread over the roster. */
export function merchantsOf(cell: Cell): { readonly merchants: readonly Merchant[]; readonly keys: Uint8Array } {
  const names = namesOf(cell);
  const identities = names.map(() => SigningKey.generate(osRandom));
  const members = new Map(names.map((name, index) => [name, publicKeyOf(identities[index])]));
  const terms = termsOf(cell);
  const merchants = names.map((name, index): Merchant => {
    const identity = identities[index];
    if (identity === undefined) throw new TypeError('one identity for each merchant');
    const floors = { survivorsFloor: 0, colludersFloor: 0 };
    return {
      name,
      vanishes:
        Math.floor(((index + 1) * cell.dropped) / cell.merchants) > Math.floor((index * cell.dropped) / cell.merchants),
      start: () => SecAggClient.start({ terms, merchant: name, identity, members, random: osRandom, ...floors }),
      vector: () => vectorOf(cell, index),
    };
  });
  return { merchants, keys: Buffer.concat([...members.values()]) };
}

function publicKeyOf(identity: SigningKey | undefined): Uint8Array {
  return identity?.publicKey ?? new Uint8Array(32);
}

function vectorOf({ dimension, ringBits }: Cell, index: number): Uint32Array {
  const seed = Buffer.alloc(32);
  seed.writeUInt32LE(index);
  const bytes = streamRandom(seed).bytes(4 * dimension);
  return new Uint32Array(bytes.buffer).map((word) => word >>> (32 - ringBits));
}

/** What a client answers, which must be of a kind. */
export function answer<K extends ClientOutput['kind']>(
  client: SecAggClient,
  message: ClientInput,
  kind: K,
): Extract<ClientOutput, { kind: K }> {
  const output = client.receive(message);
  if (!isKind(output, kind)) throw new Error(`a client answered ${output.kind}, not ${kind}`);
  return output;
}

function isKind<K extends ClientOutput['kind']>(
  output: ClientOutput,
  kind: K,
): output is Extract<ClientOutput, { kind: K }> {
  return output.kind === kind;
}
