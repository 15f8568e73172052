/**
 * One `guildhall` command, thin: options, help, tables, exit codes.
 *
 * Imports everything; nothing imports it.
 */
export {};
