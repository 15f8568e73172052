/** Something that reads bytes which came from elsewhere. */
export interface Parser {
  readonly name: string;
  /** Good messages, to be spoilt. */
  readonly good: readonly Uint8Array[];
  /** Reads a message; throws a GuildhallError, or rejects with one, where it refuses. */
  readonly parse: (bytes: Uint8Array) => unknown;
}

/** Bytes that the transport already turns away, as protobuf does on both sides before a machine sees anything. */
export class Undecodable extends Error {}

/** Decodes as the transport does. @throws Undecodable */
export function decoded<T>(codec: { decode(bytes: Uint8Array): T }, bytes: Uint8Array): T {
  try {
    return codec.decode(bytes);
  } catch {
    throw new Undecodable();
  }
}
