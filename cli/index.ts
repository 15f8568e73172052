/**
 * One `guildhall` command, thin: options, help, tables, exit codes.
 *
 * Imports everything, and each heavy part only when a command needs it; nothing imports it.
 */
export { createProgram, runCommandLine } from './command-line.js';
export type { Io, OutputStream } from './io.js';
