import type { Command } from 'commander';
import type { MembersReport } from '../../client/index.js';
import { clientDirectory } from '../directories.js';
import { addCommand, addGroup } from '../invocation.js';
import type { Io } from '../io.js';
import { renderTable } from '../table.js';

interface DirOptions {
  readonly dir: string;
}

const PIN_NOTES = `Each argument is NAME=FINGERPRINT as the other merchant read it out, by telephone or on paper: it is compared before it
is pinned. NAME alone pins what the platform shows, for operators who have just compared it by eye. All of them are
pinned, or none.`;

/** `guildhall client members`: whom this merchant believes to be a merchant. */
export function addMembersCommands(client: Command, io: Io): void {
  const group = addGroup(client, 'members', 'Compare and pin the identity keys of the other merchants.');

  addCommand<DirOptions>(group, io, {
    usage: 'list',
    description: "Print the platform's list beside the pins, with fingerprints to compare outside the platform.",
    options: [clientDirectory()],
    async run({ result, signal }, { dir }) {
      const { listMembers } = await import('../../client/index.js');
      const report = await listMembers({ dir, signal });
      result(report, () => renderMembers(report));
    },
  });

  addCommand<DirOptions>(group, io, {
    usage: 'pin <merchant...>',
    description: 'Pin identity keys after their fingerprints were compared outside the platform.',
    options: [clientDirectory()],
    notes: PIN_NOTES,
    async run({ result, signal }, { dir }, merchants) {
      const { pinShownMembers } = await import('../../client/index.js');
      const members = merchants.map((given) => {
        const at = given.indexOf('=');
        return at < 0 ? { name: given } : { name: given.slice(0, at), expectedFingerprint: given.slice(at + 1) };
      });
      const pinned = (await pinShownMembers({ dir, signal, members })).map(({ name, fingerprint }) => ({
        name,
        fingerprint,
      }));
      result({ pinned }, () =>
        renderTable(
          [{ heading: 'pinned' }, { heading: 'fingerprint' }],
          pinned.map(({ name, fingerprint }) => [name, fingerprint]),
        ),
      );
    },
  });
}

function renderMembers(report: MembersReport): string {
  const lines = [
    `This is ${report.merchant}; its fingerprint, to be read to the others, is`,
    `  ${report.fingerprint}`,
    '',
    renderTable(
      [{ heading: 'merchant' }, { heading: 'state' }, { heading: 'the platform shows' }, { heading: 'pinned here' }],
      report.members.map(({ name, state, shown, pinned }) => [name, state, shown ?? 'nothing', pinned ?? 'nothing']),
    ),
  ];
  if (report.trustsPlatform) {
    lines.push(
      '',
      'WARNING: trust_platform_roster is on in policy.toml. The pins are not used; a platform that lies can fill rounds with its own puppets.',
    );
  }
  return lines.join('\n');
}
