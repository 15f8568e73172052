/**
 * The only place where wire types live: guildhall/v1/*.proto, linted by buf, and their TypeScript by ts-proto.
 *
 * A leaf: imports nothing of the house. Used by crypto/secagg, federation, coordinator and client to decode and encode.
 */
export * from './generated/guildhall/v1/admin.js';
export * from './generated/guildhall/v1/contract.js';
export * from './generated/guildhall/v1/dsse.js';
export * from './generated/guildhall/v1/enrolment.js';
export * from './generated/guildhall/v1/model.js';
export * from './generated/guildhall/v1/rounds.js';
export * from './generated/guildhall/v1/secagg.js';
