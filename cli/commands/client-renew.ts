import type { Command } from 'commander';
import { clientDirectory } from '../directories.js';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { optional, text } from '../options.js';
import { renderPairs } from '../table.js';

interface RenewOptions {
  readonly dir: string;
  readonly certificate?: string;
}

const NOTES = `A client that runs does this by itself from 60 days before the end. The key stays, and the certificate before stays good
until its own end. Once it has expired, only the platform can help: guildhall merchants renew writes a file for --certificate.`;

/** `guildhall client renew`: a certificate with a new term. */
export function addClientRenew(group: Command, io: Io): void {
  addCommand<RenewOptions>(group, io, {
    usage: 'renew',
    description: "Renew the merchant's certificate, once a day at most. Works while the client runs.",
    options: [
      clientDirectory(),
      optional(
        '--certificate <file>',
        'a new certificate that the platform has sent (default: ask the coordinator)',
        text,
      ),
    ],
    notes: NOTES,
    async run({ result, signal }, { dir, certificate }) {
      const { renewClient } = await import('../../client/index.js');
      const renewed = await renewClient({ dir, certificate, signal });
      result(renewed, () =>
        renderPairs([
          ['merchant', renewed.merchant],
          ['certificate', renewed.isNew ? 'new' : 'as before'],
          ['until', `${renewed.expires}, ${renewed.daysLeft} days`],
        ]),
      );
    },
  });
}
