import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportBudget } from '../../../client/index.js';
import { roundEnded, TestFederation } from '../../client/integration/federation.js';
import type { RunningClient } from '../../client/integration/federation.js';
import type { GrpcAttack } from './grpc-attack.js';

const NAMES = ['north', 'south', 'east', 'west'];

/** Replaces a directory by a copy of another. */
function putBack(copy: string, dir: string): void {
  rmSync(dir, { recursive: true });
  cpSync(copy, dir, { recursive: true });
}

/** How each client's first round of a run ends, by kind or code. */
async function firstEnds(clients: readonly RunningClient[]): Promise<string[]> {
  const events = await Promise.all(clients.map((client) => client.until(roundEnded())));
  return events.map((event) => (event.kind === 'round-ended' ? event.outcome.kind : event.kind));
}

/**
 * Plays a round through the real coordinator, puts the coordinator's directory back to before it, and has it go on.
 *
 * @param merchants whether their directories are put back too
 */
async function playTwice(
  merchants: 'remember' | 'forget',
  judge: (federation: TestFederation, ends: string[]) => Promise<string[]> | string[],
): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'guildhall-rewind-'));
  const federation = await TestFederation.start(root);
  const copies = join(root, 'copies');
  try {
    await federation.enrol(NAMES);
    await federation.submit(['reranker'], { merchants: 4, epsilon: 1 });
    await federation.restartCoordinator((dir) => cpSync(dir, join(copies, 'coordinator'), { recursive: true }));
    for (const name of NAMES) cpSync(federation.dir(name), join(copies, name), { recursive: true });
    const before = NAMES.map((name) => federation.run(name));
    const first = await firstEnds(before);
    await Promise.all(before.map((client) => client.stop()));

    await federation.restartCoordinator((dir) => putBack(join(copies, 'coordinator'), dir));
    if (merchants === 'forget') for (const name of NAMES) putBack(join(copies, name), federation.dir(name));
    const after = NAMES.map((name) => federation.run(name));
    const second = await firstEnds(after);
    return await judge(federation, [...first, ...second]);
  } finally {
    await federation.close();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Attacks by putting back old copies, over gRPC. */
export const GRPC_REWIND_ATTACKS: readonly GrpcAttack[] = [
  {
    by: 'coordinator',
    does: 'rewinds its database, and plays a round again',
    pace: 'slow',
    defence: 'every merchant’s own ledger knows the round (off: the merchants’ directories are put back too)',
    off: async () => {
      const ends = await playTwice('forget', (federation, all) => [
        ...all,
        String(reportBudget({ dir: federation.dir('north') }).jobs[0]?.releases),
      ]);
      return ends.join() === [...new Array<string>(8).fill('done'), '1'].join()
        ? 'two noisy sums, of which the ledger knows one'
        : undefined;
    },
    on: () =>
      playTwice('remember', async (federation, ends) => {
        const { rounds } = await federation.admin().status();
        const codes = rounds.filter(({ round }) => round === 1).flatMap(({ refusals }) => refusals);
        return [...ends.slice(4), ...new Set(codes.map(({ code }) => code))];
      }),
    stopped: [...NAMES.map(() => 'known'), 'ROUND_ALREADY_JOINED'],
  },
];
