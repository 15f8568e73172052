import { stringify } from 'smol-toml';
import { parsePolicy, POLICY_FIELDS, PRESET_SENTENCES } from '../../federation/index.js';
import type { Policy, PolicyPreset } from '../../federation/index.js';

/** The text of a `policy.toml` that spells a policy out: every field with its meaning above it, to be changed at will. */
export function policyText(policy: Policy): string {
  const values = new Map<string, unknown>(Object.entries(policy));
  const fields = Object.entries(POLICY_FIELDS).map(([name, { description }]) => {
    const value = values.get(name);
    return `# ${description ?? ''}\n${value === undefined ? `# ${name} = []\n` : stringify({ [name]: value })}`;
  });
  return [
    '# What this merchant accepts. A contract outside these bounds is declined before any data is read.\n',
    `# ${PRESET_SENTENCES[policy.preset]}\npreset = "${policy.preset}"\n`,
    ...fields,
  ].join('\n');
}

/** {@link policyText} of a preset as it is. */
export function presetText(preset: PolicyPreset): string {
  return policyText(parsePolicy({ preset }));
}
