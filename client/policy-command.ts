import { parsePolicy } from '../federation/index.js';
import type { Policy, PolicyPreset } from '../federation/index.js';
import { readPolicy } from './config/config.js';
import { policyText } from './config/policy-text.js';
import { statePaths } from './state/directory.js';

/** Which policy to show: a preset, or a directory's. */
export type PolicySource = { readonly preset: PolicyPreset } | { readonly dir: string };

/**
 * `guildhall client policy`: every rule that counts, also those that the file leaves to its preset.
 * @returns the values, and the text of a `policy.toml` that spells them out
 * @throws GuildhallError POLICY_MALFORMED
 */
export function showPolicy(source: PolicySource): { readonly policy: Policy; readonly text: string } {
  const policy = 'preset' in source ? parsePolicy(source) : readPolicy(statePaths(source.dir).policy);
  return { policy, text: policyText(policy) };
}
