import { createHash } from 'node:crypto';
import { GuildhallError } from '../errors/index.js';
import { Model } from '../proto/index.js';

/** A decoded model of one kind. */
export type ModelKind = NonNullable<Model['kind']>;

/** A model of the kind `K`. */
export type ModelOf<K extends ModelKind['$case']> = Extract<ModelKind, { $case: K }>['value'];

/** Serialises a model version; SHA-256 of the bytes is its name. */
export function encodeModel(kind: ModelKind): Uint8Array {
  return Model.encode({ kind }).finish();
}

/**
 * Decodes a model version.
 * @throws GuildhallError MODEL_MALFORMED
 */
export function decodeModel(bytes: Uint8Array): ModelKind {
  let model: Model;
  try {
    model = Model.decode(bytes);
  } catch (cause) {
    throw new GuildhallError('MODEL_MALFORMED', `A model of ${bytes.length} bytes does not decode.`, { cause });
  }
  if (model.kind === undefined) throw new GuildhallError('MODEL_MALFORMED', 'The model is of no known kind.');
  return model.kind;
}

/** SHA-256 of a model's bytes: 32 bytes. */
export function modelSha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/**
 * Narrows a model to the kind that a task works on.
 * @throws GuildhallError MODEL_MALFORMED
 */
export function expectKind<K extends ModelKind['$case']>(model: ModelKind, kind: K): ModelOf<K> {
  if (model.$case === kind) return model.value as ModelOf<K>;
  throw new GuildhallError('MODEL_MALFORMED', `The task works on a ${kind} model, this one is ${model.$case}.`);
}
