/**
 * The platform's process: certificate authority, stores, the round reducer and its driver, the gRPC services.
 *
 * Imports federation and what it may import. Never knows a merchant's data or a client's files.
 */
export { openAdmin } from './admin-client.js';
export type { Admin, Invite } from './admin-client.js';
export { systemClock } from './clock.js';
export type { Clock } from './clock.js';
export { parseConfig, readConfig } from './config.js';
export type { CoordinatorConfig } from './config.js';
export { startCoordinator } from './coordinator.js';
export type { Coordinator, CoordinatorOptions } from './coordinator.js';
export { initCoordinator } from './init.js';
export type { InitOptions, InitResult } from './init.js';
export { renewCertificates } from './renew.js';
export type { RenewResult } from './renew.js';
export { statePaths } from './paths.js';
export type { StatePaths } from './paths.js';
