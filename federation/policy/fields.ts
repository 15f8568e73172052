import { z } from 'zod';

const epsilon = z.number().positive();
const TASKS = [
  'reranker-newton',
  'reranker-gradients',
  'reranker-fedavg',
  'neighbour-counts',
  'tower-gradients',
  'tower-fedavg',
  'reranker-dp-fedavg',
  'tower-dp-fedavg',
  'item-counts',
] as const;

/** Every field of a `policy.toml`, with its range; `description` is what a person reads above it. */
export const POLICY_FIELDS = {
  minimum_merchants: z.int().min(4).describe('Fewest merchants in a round.'),
  maximum_merchants: z.int().min(4).describe('Most merchants in a round.'),
  minimum_colluders: z
    .int()
    .min(1)
    .describe('Least number of colluding merchants, c, that the contract must tolerate.'),
  minimum_survivors: z.int().min(3).describe('Fewest merchants in a sum that is opened; at least c + 2.'),
  minimum_noise_multiplier: z
    .number()
    .min(0)
    .describe('Least Gaussian noise, over the sensitivity; 0 leaves it to the ceilings of epsilon.'),
  maximum_sampling_rate: z
    .number()
    .positive()
    .max(1)
    .describe('Largest share of the shoppers that a round may sample; 1 allows all of them.'),
  minimum_shopper_multiplicity: z
    .int()
    .min(1)
    .describe('At how many merchants one shopper may appear, at least, for the contract to count it.'),
  epsilon_per_round: epsilon.describe('Ceiling of epsilon of one round, at maximum_delta.'),
  epsilon_per_job: epsilon.describe('Ceiling of epsilon of all rounds that a job plans, at maximum_delta.'),
  epsilon_per_period: epsilon.describe('Ceiling of epsilon of everything in one calendar period, at maximum_delta.'),
  epsilon_total: epsilon.describe('Ceiling of epsilon of everything ever, at maximum_delta.'),
  period: z
    .enum(['day', 'week', 'month', 'quarter', 'year'])
    .describe('The period: day, week, month, quarter or year, in UTC.'),
  maximum_delta: z
    .number()
    .positive()
    .lt(0.01)
    .describe('The delta at which every epsilon is read, and the largest that a contract may state.'),
  maximum_advantage: z
    .number()
    .positive()
    .max(1)
    .describe(
      'Ceiling of the advantage that one round gives whoever guesses whether a shopper took part; 1 allows any.',
    ),
  maximum_rounds_per_job: z.int().min(1).describe('Most model updates that a job may plan.'),
  maximum_phase_minutes: z
    .number()
    .positive()
    .describe("Longest phase of a round: how long a round's secrets may live."),
  maximum_upload_mib: z.number().positive().describe('Largest upload, in MiB.'),
  rounds_per_day: z.int().min(1).describe('Most rounds in 24 hours.'),
  allowed_tasks: z.array(z.enum(TASKS)).describe(`Of ${TASKS.join(', ')}.`),
  allowed_catalogues: z
    .array(z.string())
    .optional()
    .describe('Catalogues whose counts this merchant takes part in; absent allows all.'),
  noise_strategies: z
    .array(z.enum(['worst-case', 'removable', 'local']))
    .optional()
    .describe(
      'Whose noise protects a sum; absent allows all. worst-case: shares of all merchants, all of which stays; removable: surplus of it may be taken out; local: this merchant adds the whole noise itself, before anything leaves.',
    ),
  auto_approve: z.boolean().describe('false asks a person, who names jobs in approved_jobs.'),
  approved_jobs: z.array(z.string()).describe('Jobs that a person approved, by name.'),
  allow_without_noise: z.boolean().describe('Consent to contracts without differential privacy.'),
  trust_platform_roster: z
    .boolean()
    .describe(
      "Takes the platform's word for who is a merchant, instead of the pins. With it on, a platform that lies can fill a round with its own puppets.",
    ),
} as const;

/** A complete policy, before its fields are held against each other. */
export const policySchema = z.strictObject(POLICY_FIELDS);

/** Values of every field. */
export type PolicyValues = Readonly<z.output<typeof policySchema>>;
