import { z } from 'zod';
import { GuildhallError } from '../../errors/index.js';

const epsilon = z.number().positive();

const schema = z.strictObject({
  minimum_merchants: z.int().min(4).default(4),
  minimum_colluders: z.int().min(1).default(1),
  minimum_survivors: z.int().min(3).default(3),
  minimum_noise_multiplier: z.number().min(0).default(0),
  epsilon_per_round: epsilon.default(8),
  epsilon_per_period: epsilon.default(8),
  epsilon_total: epsilon.default(16),
  period: z.enum(['day', 'week', 'month', 'quarter', 'year']).default('year'),
  maximum_delta: z.number().positive().lt(0.01).default(1e-6),
  allowed_tasks: z
    .array(z.enum(['reranker-newton', 'reranker-gradients', 'reranker-fedavg', 'neighbour-counts']))
    .default(['reranker-newton', 'reranker-gradients', 'neighbour-counts']),
  allowed_catalogues: z.array(z.string()).optional(),
  maximum_upload_mib: z.number().positive().default(64),
  rounds_per_day: z.int().min(1).default(500),
  auto_approve: z.boolean().default(true),
  approved_jobs: z.array(z.string()).default([]),
  allow_without_noise: z.boolean().default(false),
  trust_platform_roster: z.boolean().default(false),
});

/**
 * What a merchant accepts: the floors and ceilings of `policy.toml`, under the file's own names.
 *
 * - `minimum_merchants` ≥ 4, `minimum_colluders` (c) ≥ 1, `minimum_survivors` (U_min) ≥ 3: floors of the roster rules.
 * - `minimum_noise_multiplier`: floor of z for Gaussian contracts; 0 leaves it to the ε ceilings.
 * - `epsilon_per_round`, `epsilon_per_period` (with `period`), `epsilon_total`: ceilings, at `maximum_delta`.
 * - `allowed_tasks`: names of federation/tasks.
 * - `allowed_catalogues`: catalogues whose counts this merchant takes part in; absent allows all. A merchant that sells
 *   nothing of a catalogue would spend ε on it for nothing.
 * - `maximum_upload_mib`: ceiling of one upload in MiB; `rounds_per_day`: ceiling of rounds in 24 hours.
 * - `auto_approve`: false asks a person, who names jobs in `approved_jobs`.
 * - `allow_without_noise`: consent by name to contracts without differential privacy. Off by default.
 * - `trust_platform_roster`: takes the platform's word for who is a merchant. Off by default: with it on, a platform
 *   that lies can fill a roster with its own puppets, and secure aggregation protects nobody.
 */
export type Policy = Readonly<z.output<typeof schema>>;

/**
 * Parses the fields of a `policy.toml`; absent ones take their defaults, unknown ones are refused.
 * @throws GuildhallError POLICY_MALFORMED naming every bad field
 */
export function parsePolicy(fields: unknown): Policy {
  const parsed = schema.safeParse(fields);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'policy'}: ${issue.message}`);
    throw new GuildhallError('POLICY_MALFORMED', `The policy is not valid: ${issues.join('; ')}.`);
  }
  if (parsed.data.minimum_survivors - parsed.data.minimum_colluders < 2) {
    throw new GuildhallError(
      'POLICY_MALFORMED',
      `The policy is not valid: minimum_survivors (${parsed.data.minimum_survivors}) must exceed minimum_colluders (${parsed.data.minimum_colluders}) by 2 at least, or a sum may hold one honest merchant alone.`,
    );
  }
  return parsed.data;
}
