import type { PolicyValues } from './fields.js';

/** What a policy that names no preset starts from: the middle way. */
const balanced: PolicyValues = {
  minimum_merchants: 4,
  maximum_merchants: 2000,
  minimum_colluders: 1,
  minimum_survivors: 3,
  minimum_noise_multiplier: 0,
  maximum_sampling_rate: 1,
  minimum_shopper_multiplicity: 1,
  epsilon_per_round: 8,
  epsilon_per_job: 8,
  epsilon_per_period: 8,
  epsilon_total: 16,
  period: 'year',
  maximum_delta: 1e-6,
  maximum_advantage: 1,
  maximum_rounds_per_job: 10_000,
  maximum_phase_minutes: 1440,
  maximum_upload_mib: 64,
  rounds_per_day: 500,
  allowed_tasks: ['reranker-newton', 'reranker-gradients', 'reranker-dp-fedavg', 'neighbour-counts', 'item-counts'],
  auto_approve: true,
  approved_jobs: [],
  allow_without_noise: false,
  trust_platform_roster: false,
};

/** More merchants, little of each shopper, and a person who approves every job. */
const strict: PolicyValues = {
  ...balanced,
  minimum_merchants: 8,
  minimum_colluders: 2,
  minimum_survivors: 6,
  minimum_noise_multiplier: 1,
  epsilon_per_round: 0.5,
  epsilon_per_job: 1,
  epsilon_per_period: 1,
  epsilon_total: 3,
  maximum_advantage: 0.25,
  maximum_rounds_per_job: 1000,
  maximum_phase_minutes: 60,
  maximum_upload_mib: 16,
  rounds_per_day: 100,
  auto_approve: false,
};

/** For invented or public data: little is refused, noise included. Never for real shoppers. */
const research: PolicyValues = {
  ...balanced,
  epsilon_per_round: 100,
  epsilon_per_job: 1000,
  epsilon_per_period: 1000,
  epsilon_total: 10_000,
  maximum_delta: 1e-5,
  maximum_upload_mib: 512,
  rounds_per_day: 100_000,
  allowed_tasks: [
    'reranker-newton',
    'reranker-gradients',
    'reranker-fedavg',
    'neighbour-counts',
    'tower-gradients',
    'tower-fedavg',
    'reranker-dp-fedavg',
    'tower-dp-fedavg',
    'item-counts',
  ],
  allow_without_noise: true,
};

/** Named starting points; a `policy.toml` overrides single fields. */
export const POLICY_PRESETS = { strict, balanced, research } as const;

/** The name of a preset. */
export type PolicyPreset = keyof typeof POLICY_PRESETS;

/** One sentence about each. */
export const PRESET_SENTENCES: Readonly<Record<PolicyPreset, string>> = {
  strict: 'At least 8 merchants, epsilon 1 a year, and a person approves every job.',
  balanced: 'At least 4 merchants, epsilon 8 a year; jobs are approved automatically. The default.',
  research: 'For invented or public data only: almost any epsilon, and contracts without noise.',
};
