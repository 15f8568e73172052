declare const brand: unique symbol;

/** A round's name: the SHA-256 of its contract, 64 lower-case hexadecimal digits. */
export type RoundId = string & { readonly [brand]: 'RoundId' };

/** A model's name: the SHA-256 of its bytes, 64 lower-case hexadecimal digits. */
export type ModelId = string & { readonly [brand]: 'ModelId' };

/** The round's name for a contract's SHA-256 (32 bytes). */
export function roundIdOf(contractSha256: Uint8Array): RoundId {
  return Buffer.from(contractSha256).toString('hex') as RoundId;
}

/** The model's name for its SHA-256 (32 bytes). */
export function modelIdOf(sha256: Uint8Array): ModelId {
  return Buffer.from(sha256).toString('hex') as ModelId;
}

/** The 32 bytes of a round's or model's name. */
export function digestOf(id: RoundId | ModelId): Buffer {
  return Buffer.from(id, 'hex');
}
