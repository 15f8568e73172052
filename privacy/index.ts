/**
 * Differential privacy: clipping, exact noise, accounting and budget rules, pure.
 *
 * Imports errors only. Never knows keys, wires, models or files: randomness is an argument.
 */
export {};
