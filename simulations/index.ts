/**
 * Experiments and the demo: a seeded marketplace, partitioners, real processes on one machine, reports.
 *
 * Imports coordinator, client and everything below them.
 */
export {};
