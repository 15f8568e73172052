import type { Command } from 'commander';
import type { LedgerReport } from '../../client/index.js';
import { fixed } from '../figures.js';
import { clientDirectory } from '../directories.js';
import { addCommand, addGroup } from '../invocation.js';
import type { Io } from '../io.js';
import { optional, real, required, text } from '../options.js';
import { renderPairs } from '../table.js';

interface DirOptions {
  readonly dir: string;
}

const EXPORT_NOTES = `The first line says whose ledger it is, how long, its head, and the coordinator's newest receipt; then comes one record a
line with its number, the hash before it, its entry and its hash: SHA-256 of the canonical JSON (RFC 8785) of
["guildhall ledger v2", number, previous, entry]. Anyone can verify the file offline: guildhall client ledger verify FILE.
It holds the ledger's salt. Give it to an auditor or a data-protection officer, never to the platform: with the salt, the
heads that the platform has countersigned could be compared with guesses at what was recorded.`;

const VERIFY_NOTES = `Without FILE: the ledger of the directory, against its anchor and the coordinator's newest receipt. With FILE: an export, by
itself; ε is then read at δ = 1e-6. Compare the fingerprint that countersigned with the one that the platform publishes.`;

const RESOLVE_NOTES = `A client whose ledger is missing, unreadable, edited or rolled back takes part in nothing. The first thing to try is to put
back a copy of ledger.sqlite, ledger.anchor and ledger.receipt that was made after the last round, while the client is
stopped. Where there is none, what was spent is lost, and somebody responsible for the data has to decide how to go on.

This command makes a new ledger: every record that is still sound, then who decided and why, then a charge for what is
lost. The old files stay beside it as *.set-aside-*. Without --charge the whole of the policy's largest ceiling is
charged: nothing is left to spend until the next version of policy.toml says otherwise. With --charge, state an ε that the
lost records cannot have exceeded, from what other records show: an export, logs, or the rounds that the platform lists.`;

/** `guildhall client ledger`: look at the ledger's chain, hand it out, and go on after damage. */
export function addLedgerCommands(client: Command, io: Io): void {
  const group = addGroup(client, 'ledger', "Verify and export the merchant's ledger, or resolve a damaged one.");

  addCommand<DirOptions & { readonly out?: string }>(group, io, {
    usage: 'export',
    description: 'Print the whole ledger as JSON Lines, or write it to a file. Works while the client runs.',
    options: [clientDirectory(), optional('--out <file>', 'write it there, readable by its owner only', text)],
    notes: EXPORT_NOTES,
    async run({ result, io: { stdout } }, { dir, out }) {
      const { exportClientLedger } = await import('../../client/index.js');
      const { records, lines } = exportClientLedger({ dir, out });
      if (out === undefined) for (const line of lines) stdout.write(`${line}\n`);
      else result({ records, out }, () => `${records} records in ${out}`);
    },
  });

  addCommand<DirOptions>(group, io, {
    usage: 'verify [file]',
    description: 'Verify every link, the head that was kept, and the receipt; offline. Works while the client runs.',
    options: [clientDirectory()],
    notes: VERIFY_NOTES,
    async run({ result }, { dir }, [file]) {
      const { verifyClientLedger, verifyLedgerExport } = await import('../../client/index.js');
      const report = file === undefined ? verifyClientLedger({ dir }) : verifyLedgerExport({ file });
      result(report, () => renderReport(report));
    },
  });

  addCommand<DirOptions & { readonly by: string; readonly reason: string; readonly charge?: number }>(group, io, {
    usage: 'resolve',
    description: 'Go on from a ledger that cannot be trusted, by the decision of a responsible person.',
    options: [
      clientDirectory(),
      required('--by <name>', 'who decides', text),
      required('--reason <text>', 'why', text),
      optional('--charge <epsilon>', 'ε that counts as spent for what is lost (default: all)', real({ min: 0 })),
    ],
    notes: RESOLVE_NOTES,
    async run({ result }, options) {
      const { resolveClientLedger } = await import('../../client/index.js');
      const resolved = resolveClientLedger(options);
      result(resolved, () =>
        renderPairs([
          ['damage', resolved.code],
          ['records saved', String(resolved.saved)],
          ['charged', `ε ${resolved.charged}, advantage at most ${fixed(resolved.advantage, 3)}`],
          ['set aside', resolved.setAside.join(', ')],
        ]),
      );
    },
  });
}

function renderReport(report: LedgerReport): string {
  const { spent, kinds } = report;
  return renderPairs([
    ['merchant', `${report.merchant} of ${report.federation}`],
    [
      'records',
      `${report.records}: ${Object.entries(kinds)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(', ')}`,
    ],
    ['head', report.head],
    ['countersigned by', report.countersignedBy ?? 'nobody: nothing was uploaded yet'],
    ['spent', `ε ${fixed(spent.epsilon, 3)} at δ = ${spent.delta}, advantage at most ${fixed(spent.advantage, 3)}`],
    ['verdict', 'whole'],
  ]);
}
