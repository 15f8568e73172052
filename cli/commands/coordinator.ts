import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import type { Admin } from '../../coordinator/index.js';
import type { GetStatusResponse } from '../../proto/index.js';
import { coordinatorDirectory } from '../directories.js';
import { addCommand, addGroup } from '../invocation.js';
import type { Io } from '../io.js';
import { collect, optional, required, text } from '../options.js';
import { untilAborted } from '../signals.js';
import { renderPairs } from '../table.js';
import { renderStatus, statusData } from '../status.js';

interface InitOptions {
  readonly dir: string;
  readonly federation: string;
  readonly listen?: string;
  readonly enrolmentListen?: string;
  readonly publicHost?: string;
  readonly host?: readonly string[];
}

interface DirOptions {
  readonly dir: string;
}

/** `guildhall coordinator`: the platform's process. */
export function addCoordinatorCommands(program: Command, io: Io): void {
  const group = addGroup(program, 'coordinator', "Set up and run the platform's process.");

  addCommand<InitOptions>(group, io, {
    usage: 'init',
    description: 'Make the state directory: certificate authority, keys, coordinator.toml and an empty store.',
    options: [
      coordinatorDirectory(),
      required('--federation <name>', "the federation's name; it stands in every contract", text),
      optional('--listen <host:port>', 'where merchants and administrators connect (default: "0.0.0.0:7443")', text),
      optional('--enrolment-listen <host:port>', 'where merchants join (default: "0.0.0.0:7444")', text),
      optional('--public-host <host>', 'how clients reach this machine (default: "localhost")', text),
      collect('--host <host>', "one more name or address for the server's certificate; may be repeated"),
    ],
    async run({ result }, { dir, host, ...options }) {
      const { initCoordinator } = await import('../../coordinator/index.js');
      const { federation, listen, enrolmentListen, publicHost } = options;
      const made = await initCoordinator(dir, {
        federation,
        ...(listen === undefined ? {} : { listen }),
        ...(enrolmentListen === undefined ? {} : { enrolmentListen }),
        ...(publicHost === undefined ? {} : { publicHost }),
        ...(host === undefined ? {} : { hosts: host }),
      });
      result(made, () =>
        renderPairs([
          ['directory', made.dir],
          ['federation', made.federation],
          ['authority', made.authorityFingerprint],
          ['contract key', made.contractKeyFingerprint],
        ]),
      );
    },
  });

  addCommand<DirOptions>(group, io, {
    usage: 'run',
    description: 'Run the coordinator until SIGINT or SIGTERM. Its log is JSON lines on stderr.',
    options: [coordinatorDirectory()],
    logLevel: 'info',
    async run({ event, logger, signal }, { dir }) {
      keepYoungGenerationSmall();
      const { startCoordinator } = await import('../../coordinator/index.js');
      const fatal = new AbortController();
      const coordinator = await startCoordinator({
        dir,
        logger: await logger(),
        onFatal: (error) => fatal.abort(error),
      });
      try {
        const { address, enrolmentAddress } = coordinator;
        event(
          { event: 'listening', address, enrolmentAddress },
          () => `Listening: merchants and administrators on ${address}, joining on ${enrolmentAddress}.`,
        );
        await untilAborted(signal, fatal.signal);
      } finally {
        await coordinator.close();
      }
      fatal.signal.throwIfAborted();
      event({ event: 'stopped' }, () => 'Stopped.');
    },
  });

  addCommand<DirOptions>(group, io, {
    usage: 'renew',
    description: "Renew the coordinator's and the administrator's certificates over the keys that they have.",
    options: [coordinatorDirectory()],
    notes:
      'Start the coordinator again to serve the new one; an open round goes on where it stood, and clients need nothing.',
    async run({ result }, { dir }) {
      const { renewCertificates } = await import('../../coordinator/index.js');
      const renewed = await renewCertificates(dir);
      result(renewed, () =>
        renderPairs([
          ['coordinator until', renewed.coordinator],
          ['administrator until', renewed.administrator],
          ['authority until', `${renewed.authority} (not renewed)`],
        ]).concat('\n\nStart the coordinator again to serve the new certificate.'),
      );
    },
  });

  addCommand<DirOptions>(group, io, {
    usage: 'status',
    description: 'Print the jobs and the newest rounds of a running coordinator.',
    options: [coordinatorDirectory()],
    async run({ result }, { dir }) {
      const status = await withAdmin(dir, (admin): Promise<GetStatusResponse> => admin.status());
      result(statusData(status), () => renderStatus(status));
    },
  });
}

/**
 * Uploads pass through the coordinator in short-lived chunks, for which V8 would grow its young generation by tens of
 * megabytes; collecting them more often costs next to nothing here.
 */
function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Does something with the admin API of the coordinator that runs on a directory. */
export async function withAdmin<T>(dir: string, act: (admin: Admin) => Promise<T>): Promise<T> {
  const { openAdmin } = await import('../../coordinator/index.js');
  const admin = openAdmin(dir);
  try {
    return await act(admin);
  } finally {
    admin.close();
  }
}
