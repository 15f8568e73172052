/**
 * Reading a merchant's catalogue and events from CSV bytes: strict UTF-8, hashed shopper ids, a local report of gaps.
 *
 * Imports errors and csv-parse. Never opens a file, and lets no raw shopper id out, except those that
 * `readRawIdentifiers` is asked for.
 */
export { readShop, countShop, SHORTEST_EVALUATED } from './shop.js';
export type { ShopSources } from './shop.js';
export { readAnswers } from './answers.js';
export type { AnswerRow, ReadAnswers } from './answers.js';
export { readClicks } from './clicks.js';
export type { ReadClicks } from './clicks.js';
export { readItemIds } from './item-ids.js';
export type { ReadItemIds } from './item-ids.js';
export { readItems } from './items.js';
export type { ItemColumns, ReadItems } from './items.js';
export { readEvents } from './events.js';
export type { EventColumns, ReadEvents } from './events.js';
export { keyedIdentifiers } from './identifiers.js';
export type { IdentifierKey } from './identifiers.js';
export { readRawIdentifiers } from './raw-identifiers.js';
export { looksBroken, MOST_EVENTS, presentBeside } from './anomalies.js';
export { EXAMPLES_KEPT } from './report.js';
export type { Anomaly, DataReport, FileReport, RefusedRow, ShopCounts } from './report.js';
export type { ByteSource } from './bytes.js';
