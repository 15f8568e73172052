import type { Command } from 'commander';
import { coordinatorDirectory } from '../directories.js';
import { addCommand, addGroup } from '../invocation.js';
import type { Io } from '../io.js';
import { optional, real, text } from '../options.js';
import { merchantStateName } from '../status.js';
import { renderPairs, renderTable } from '../table.js';
import { withAdmin } from './coordinator.js';

const HOUR_MS = 3_600_000;

interface InviteOptions {
  readonly dir: string;
  readonly validForHours: number;
  readonly out?: string;
}

interface RenewOptions extends DirOptions {
  readonly out?: string;
}

interface DirOptions {
  readonly dir: string;
}

/** `guildhall merchants`: who may take part, by the platform's own people. */
export function addMerchantsCommands(program: Command, io: Io): void {
  const group = addGroup(program, 'merchants', 'Invite, list and revoke merchants at a running coordinator.');

  addCommand<InviteOptions>(group, io, {
    usage: 'invite <merchant>',
    description: 'Write an invite file. It works once; whoever holds it can join under that name.',
    options: [
      coordinatorDirectory(),
      optional('--valid-for-hours <hours>', 'how long it can be used', real({ min: 0.02, max: 2208 }), 168),
      optional('--out <file>', 'where to write it (default: MERCHANT.invite)', text),
    ],
    async run({ result }, { dir, validForHours, out }, [merchant = '']) {
      const { certificatePem, formatInvite } = await import('../../client/index.js');
      const { writeSecretFile } = await import('../../simulations/files.js');
      const file = out ?? `${merchant}.invite`;
      const expiresAt = await writeSecretFile(file, async () => {
        const validForMs = Math.round(validForHours * HOUR_MS);
        const invite = await withAdmin(dir, (admin) => admin.createInvite({ merchant, validForMs }));
        const content = formatInvite({ ...invite, merchant, authority: certificatePem(invite.authority) });
        return { content, value: new Date(invite.expiresAtMs).toISOString() };
      });
      result({ merchant, file, expiresAt }, () =>
        renderPairs([
          ['merchant', merchant],
          ['file', `${file} (a secret until it is used)`],
          ['expires', expiresAt],
        ]),
      );
    },
  });

  addCommand<DirOptions>(group, io, {
    usage: 'list',
    description: 'Print every merchant with the fingerprint of its identity key.',
    options: [coordinatorDirectory()],
    async run({ result }, { dir }) {
      const { fingerprint } = await import('../../crypto/index.js');
      const merchants = (await withAdmin(dir, (admin) => admin.listMerchants())).map((entry) => ({
        merchant: entry.merchant,
        state: merchantStateName(entry.state),
        connected: entry.connected,
        fingerprint: entry.identityKey.length === 0 ? null : fingerprint(entry.identityKey),
        since: new Date(entry.sinceMs).toISOString(),
        certificateUntil:
          entry.certificateExpiresAtMs === 0 ? null : new Date(entry.certificateExpiresAtMs).toISOString(),
      }));
      result({ merchants }, () =>
        renderTable(
          [
            { heading: 'merchant' },
            { heading: 'state' },
            { heading: 'connected' },
            { heading: 'fingerprint' },
            { heading: 'certificate until' },
          ],
          merchants.map((entry) => [
            entry.merchant,
            entry.state,
            entry.connected ? 'yes' : 'no',
            entry.fingerprint ?? '',
            entry.certificateUntil?.slice(0, 10) ?? '',
          ]),
        ),
      );
    },
  });

  addCommand<RenewOptions>(group, io, {
    usage: 'renew <merchant>',
    description: 'Write a new certificate for a merchant whose own has expired, so that its client cannot ask for one.',
    options: [coordinatorDirectory(), optional('--out <file>', 'where to write it (default: MERCHANT.crt)', text)],
    notes: 'It is no secret. The merchant takes it up with guildhall client renew --certificate FILE.',
    async run({ result }, { dir, out }, [merchant = '']) {
      const { certificatePem } = await import('../../client/index.js');
      const { writeOutput } = await import('../../simulations/files.js');
      const file = out ?? `${merchant}.crt`;
      const certificate = await withAdmin(dir, (admin) => admin.renewMerchant(merchant));
      await writeOutput(file, certificatePem(certificate));
      result({ merchant, file }, () => `The certificate of ${merchant} is in ${file}.`);
    },
  });

  addCommand<DirOptions>(group, io, {
    usage: 'revoke <merchant>',
    description: "Revoke a merchant's certificate: it can take part in nothing any more.",
    options: [coordinatorDirectory()],
    async run({ result }, { dir }, [merchant = '']) {
      await withAdmin(dir, (admin) => admin.revokeMerchant(merchant));
      result({ merchant, state: 'revoked' }, () => `${merchant} is revoked.`);
    },
  });
}
