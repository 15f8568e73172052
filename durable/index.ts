/**
 * Files and folders that survive a power cut: written whole or not at all, and durable when the call returns.
 *
 * A leaf for the two processes and simulations; the pure layers may not import it. Imports nothing of the house: system
 * errors pass through as they are, and each process names them in its own codes.
 */
export { discard, makeFolder, readIfPresent, replaceFile, syncFolder } from './files.js';
