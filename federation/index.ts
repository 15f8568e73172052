/**
 * What both sides must agree on: the contract, the policy that judges it, tasks, the vector codec, server optimisers.
 *
 * Imports crypto, privacy, recommender, proto and errors. Never knows sockets, files, databases or clocks.
 */
export {};
