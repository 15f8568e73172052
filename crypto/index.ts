/**
 * Primitives and the secure-aggregation protocol (SECAGG in docs/protocol.md), as pure functions and sans-IO machines.
 *
 * Imports errors, and proto in secagg/ only. Never knows contracts, noise, models, sockets, files or clocks:
 * randomness is an argument.
 */
export {};
