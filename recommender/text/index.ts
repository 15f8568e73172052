/**
 * Texts of items as vectors: the encoder interface, the default encoder, and the cached index of a catalogue's texts.
 *
 * Imports engine/ and the types of a catalogue. Never knows shoppers or events: all it holds is public.
 */
export { textOf } from './encoder.js';
export type { FittedTextEncoder, ItemTextEncoder } from './encoder.js';
export { hash512, normaliseRows } from './hash-encoder.js';
export { textFeatures, textRuns } from './features.js';
export type { TextRun } from './features.js';
export { crc32 } from './crc32.js';
export { dot } from './dot.js';
export { catalogueDigest } from './digest.js';
export { INDEXED_NEIGHBOURS, loadTextIndex, serialiseTextIndex } from './text-index.js';
export type { TextIndex } from './text-index.js';
