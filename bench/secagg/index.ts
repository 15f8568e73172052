/**
 * `npm run -s bench -- secagg`: one round of secure aggregation by the real machines, with the CPU time of one client and
 * of the server part, its memory and the bytes sent, beside how fast masks are made.
 *
 * Imports crypto and proto. Leaves out what is not the protocol: store, network, training.
 */
import { Command, InvalidArgumentError } from 'commander';
import { graphOf, requirePossible } from './cell.js';
import type { Cell } from './cell.js';
import { totalOf } from './cpu.js';
import { measureMaskSpeed } from './mask-speed.js';
import type { MaskSpeed } from './mask-speed.js';
import { playRound } from './round.js';
import type { RoundFigures } from './round.js';

/** What the command prints with --json. */
export interface SecAggFigures extends Pick<Cell, 'merchants' | 'dimension' | 'dropped'> {
  readonly graph: ReturnType<typeof graphOf>;
  readonly correct: boolean;
  readonly client: {
    readonly cpuSeconds: number;
    readonly bySteps: RoundFigures['client'];
    readonly uploadBytes: RoundFigures['uploadBytes'];
  };
  readonly server: {
    readonly cpuSeconds: number;
    readonly bySteps: RoundFigures['server']['bySteps'];
    readonly peakMiB: number;
    readonly idleMiB: number;
    readonly longestBlockMs: number;
    readonly longestBlockCpuMs?: number | undefined;
  };
  readonly mask: MaskSpeed;
}

const NO_OPENSSL = '`openssl speed` does not run here, so the speed of masks has nothing to be compared with.';

/** Measures one cell. */
export async function measureCell(cell: Cell): Promise<SecAggFigures> {
  requirePossible(cell);
  // First, while there is no round's memory to be cleared away.
  const mask = await measureMaskSpeed();
  const { correct, client, uploadBytes, server } = await playRound(cell);
  const { merchants, dimension, dropped } = cell;
  const total = Object.values(uploadBytes).reduce((sum, bytes) => sum + bytes, 0);
  return {
    merchants,
    dimension,
    dropped,
    graph: graphOf(cell),
    correct,
    client: { cpuSeconds: totalOf(client), bySteps: client, uploadBytes: { ...uploadBytes, total } },
    server: { cpuSeconds: totalOf(server.bySteps), ...server },
    mask,
  };
}

/** The `secagg` subcommand. */
export function secAggCommand(): Command {
  return new Command('secagg')
    .description('one round of secure aggregation: CPU seconds, memory, bytes')
    .option('--merchants <n>', 'merchants in the roster', integer, 100)
    .option('--dimension <d>', 'words of each vector', integer, 100_000)
    .option('--dropped <f>', 'who vanishes after sharing: a share below 1, such as 0.2, or a number', nonNegative, 0)
    .option('--colluders <c>', 'tolerated colluders; a tenth of the merchants by default', integer)
    .option('--ring-bits <w>', 'bits of a word', integer, 32)
    .option('--json', 'print the figures as JSON')
    .action(async (options: Options) => {
      const figures = await measureCell(cellOf(options));
      if (options.json === true && figures.mask.ratio === undefined) process.stderr.write(`${NO_OPENSSL}\n`);
      process.stdout.write(options.json === true ? `${JSON.stringify(figures)}\n` : describe(figures));
      if (!figures.correct) process.exitCode = 1;
    });
}

interface Options {
  readonly merchants: number;
  readonly dimension: number;
  readonly dropped: number;
  readonly colluders?: number;
  readonly ringBits: number;
  readonly json?: true;
}

function cellOf({ merchants, dimension, dropped, colluders, ringBits }: Options): Cell {
  return {
    merchants,
    dimension,
    dropped: dropped < 1 ? Math.round(dropped * merchants) : dropped,
    colluders: colluders ?? Math.max(1, Math.floor(merchants / 10)),
    ringBits,
  };
}

function integer(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is a positive integer.');
  return value;
}

function nonNegative(text: string): number {
  const value = Number(text);
  if (!(value >= 0) || (value >= 1 && !Number.isInteger(value))) {
    throw new InvalidArgumentError('It is a share below 1, or a number of merchants.');
  }
  return value;
}

function describe({ merchants, dimension, dropped, graph, correct, client, server, mask }: SecAggFigures): string {
  const steps = (bySteps: Readonly<Record<string, number>>): string =>
    Object.entries(bySteps)
      .map(([step, value]) => `${step} ${value}`)
      .join(', ');
  const openssl =
    mask.ratio === undefined ? NO_OPENSSL : `openssl ${mask.opensslGigabytesPerSecond ?? 0} GB/s, ratio ${mask.ratio}`;
  const ofBlock = server.longestBlockCpuMs === undefined ? '' : `, ${server.longestBlockCpuMs} ms of CPU time`;
  return `${merchants} merchants, ${dimension} words, ${dropped} dropped after sharing, ${graph} graph: the sum is ${correct ? 'exact' : 'WRONG'}
client  ${client.cpuSeconds} CPU s (${steps(client.bySteps)})
        ${client.uploadBytes.total ?? 0} bytes sent (${steps(client.uploadBytes)})
server  ${server.cpuSeconds} CPU s (${steps(server.bySteps)})
        ${server.peakMiB} MiB at the peak, ${server.idleMiB} before the round; longest block ${server.longestBlockMs} ms${ofBlock}
masks   ${mask.gigabytesPerSecond} GB/s expanded and added; ${openssl}
`;
}
