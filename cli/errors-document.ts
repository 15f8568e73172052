import { ERRORS, EXIT } from '../errors/index.js';
import type { ErrorEntry } from '../errors/index.js';
import { EXIT_INTERRUPTED } from './report-error.js';

const KINDS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.ok, 'Done.'],
  [EXIT.internal, 'A fault of guildhall itself.'],
  [EXIT.usage, 'The command line is wrong.'],
  [EXIT.data, "The merchant's data files, a catalogue or a model cannot be used."],
  [EXIT.configuration, 'A configuration, a policy or a contract does not allow it.'],
  [EXIT.identity, 'An invite, a certificate or an identity key is not accepted.'],
  [EXIT.network, 'A peer cannot be reached, or an address cannot be listened on.'],
  [EXIT.privacy, 'The privacy budget or its ledger does not allow it.'],
  [EXIT.protocol, 'A peer sent what the protocol forbids, or a round ended without a result.'],
  [EXIT.storage, 'A file or a disk cannot be read or written.'],
  [EXIT_INTERRUPTED, 'A signal ended the command before its result.'],
];

/** docs/errors.md as the registry has it; a test keeps the file equal to it. */
export function errorsDocument(): string {
  const entries: readonly [string, ErrorEntry][] = Object.entries(ERRORS);
  return [
    '# Errors',
    'Every error has a stable code. The same code stands in logs, on the wire, in `--json` output and here. A command that ends with an error prints the code, what is wrong with file and line where there is one, and what to do next on stderr, and exits with the code of its kind.',
    'This file is printed by `guildhall errors --markdown`; a test keeps it equal to the registry in `errors/`.',
    '## Exit codes',
    KINDS.map(([code, meaning]) => `- \`${code}\`: ${meaning}`).join('\n'),
    '## Codes',
    ...KINDS.flatMap(([exit]) => entries.filter(([, entry]) => entry.exit === exit).map(describe)),
  ].join('\n\n');
}

function describe([code, { help, exit, retryable }]: readonly [string, ErrorEntry]): string {
  return `### ${code}\n\nExit code ${exit}; ${retryable ? 'trying again can help' : 'trying again without a change does not help'}. ${help}`;
}
