/**
 * Empirical audits: canary shoppers planted in the production path, and what an attacker who sees the releases can tell.
 *
 * Imports federation, privacy and recommender. Never knows the command line.
 */
export { auditStatistics } from './statistics.js';
export { auditGradients } from './gradients.js';
export type { AuditedNoise, AuditedTask, AuditOptions, AuditReport, GradientTask } from './report.js';
