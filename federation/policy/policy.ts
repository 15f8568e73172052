import { z } from 'zod';
import { GuildhallError } from '../../errors/index.js';
import { policySchema } from './fields.js';
import type { PolicyValues } from './fields.js';
import { POLICY_PRESETS } from './presets.js';
import type { PolicyPreset } from './presets.js';

const fileSchema = policySchema.partial().extend({
  preset: z.enum(['strict', 'balanced', 'research']).default('balanced'),
});

/**
 * What a merchant accepts: the floors and ceilings of `policy.toml`, under the file's own names (fields.ts says what each
 * means), complete: what the file leaves out is its preset's.
 */
export type Policy = PolicyValues & { readonly preset: PolicyPreset };

/**
 * Parses the fields of a `policy.toml`: a preset ('balanced' unless named) and what overrides it. Unknown fields are
 * refused.
 * @throws GuildhallError POLICY_MALFORMED naming every bad field
 */
export function parsePolicy(fields: unknown): Policy {
  const parsed = fileSchema.safeParse(fields);
  if (!parsed.success) {
    throw malformed(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'policy'}: ${issue.message}`));
  }
  const policy = { ...POLICY_PRESETS[parsed.data.preset], ...withoutAbsent(parsed.data) };
  const { minimum_survivors: survivors, minimum_colluders: colluders } = policy;
  if (survivors - colluders < 2) {
    throw malformed([
      `minimum_survivors (${survivors}) must exceed minimum_colluders (${colluders}) by 2 at least, or a sum may hold one honest merchant alone`,
    ]);
  }
  if (policy.maximum_merchants < policy.minimum_merchants) {
    throw malformed([
      `maximum_merchants (${policy.maximum_merchants}) must not be below minimum_merchants (${policy.minimum_merchants})`,
    ]);
  }
  return policy;
}

type Present<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

function withoutAbsent<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}

function malformed(issues: readonly string[]): GuildhallError {
  return new GuildhallError('POLICY_MALFORMED', `The policy is not valid: ${issues.join('; ')}.`);
}
