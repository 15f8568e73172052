import { Option } from 'commander';
import type { Command } from 'commander';
import { clientDirectory } from '../directories.js';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';

const PRESETS = ['strict', 'balanced', 'research'] as const;

interface PolicyOptions {
  readonly dir: string;
  readonly preset?: (typeof PRESETS)[number];
}

const NOTES = `A policy.toml may begin with preset = "strict", "balanced" (the default) or "research", and then state only what differs.
To take up a preset whole: guildhall client policy --preset strict > DIR/policy.toml. The client reads the file afresh for
each round.`;

/** `guildhall client policy`: every rule that counts. */
export function addPolicyCommand(client: Command, io: Io): void {
  addCommand<PolicyOptions>(client, io, {
    usage: 'policy',
    description: 'Print a preset, or every rule of a directory with what its file leaves to the preset.',
    options: [clientDirectory(), new Option('--preset <name>', 'print this preset instead').choices([...PRESETS])],
    notes: NOTES,
    async run({ result }, { dir, preset }) {
      const { showPolicy } = await import('../../client/index.js');
      const shown = showPolicy(preset === undefined ? { dir } : { preset });
      result(shown.policy, () => shown.text.trimEnd());
    },
  });
}
