/**
 * The demo: a whole federation of real processes on one machine, from certificates to the table.
 *
 * Imports client, coordinator, federation and the rest of simulations. Starts processes through the command that it is
 * given, and never knows the command line's options beyond the words that it passes.
 */
export { runDemo } from './run.js';
export type { DemoOptions, DemoProgress, DemoStrategy } from './options.js';
export type { DemoReport, MerchantReport, RankingFigures, RoundReport, StrategyReport } from './report.js';
