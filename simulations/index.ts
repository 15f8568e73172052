/**
 * Experiments and the demo: a seeded marketplace, partitioners, real processes on one machine, reports.
 *
 * Imports coordinator, client and everything below them.
 */
export * from './demo/index.js';
export { inventMarketplace } from './marketplace.js';
export type { Marketplace, MarketplaceOptions } from './marketplace.js';
export { partitionShoppers } from './partition.js';
export type { PartitionOptions } from './partition.js';
export { planFromCatalogues } from './plan.js';
export type { PlannedCatalogue, PlanRequest } from './plan.js';
