/**
 * `npm run -s bench -- flower`: one cell of secure aggregation here and on Flower's SecAgg+, side by side. Flower runs in
 * a Python of the caller's, with requirements.txt of this folder installed; a sentence says so where it is not.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { z } from 'zod';
import { integer } from '../../../cli/options.js';
import { GuildhallError } from '../../../errors/index.js';
import { measureCell } from '../../secagg/index.js';

/** npm runs a script in the package's folder; Python files are not part of the build. */
const FOLDER = join('bench', 'peers', 'flower');

const figures = z.object({
  flwr: z.string(),
  correct: z.boolean(),
  clientCpuSeconds: z.number(),
  uploadBytes: z.int(),
  serverCpuSeconds: z.number(),
  serverPeakMiB: z.int(),
});

interface FlowerOptions {
  readonly merchants: number;
  readonly dimension: number;
  readonly dropped: number;
  readonly python: string;
  readonly json?: true;
}

/** The `flower` subcommand. */
export function flowerCommand(): Command {
  return new Command('flower')
    .description("one cell of secure aggregation, beside Flower's SecAgg+: CPU seconds, memory, bytes")
    .option('--merchants <n>', 'merchants in the roster', integer({ min: 4, max: 200 }), 20)
    .option('--dimension <d>', 'words of each vector', integer({ min: 1, max: 10_000_000 }), 100_000)
    .option('--dropped <count>', 'how many vanish after sharing', integer({ min: 0, max: 100 }), 4)
    .option('--python <path>', `a Python with ${FOLDER}/requirements.txt installed`, 'python3')
    .option('--json', 'print the figures as JSON')
    .action(async ({ python, json, ...cell }: FlowerOptions) => {
      const flower = await runFlower(python, cell);
      const own = await measureCell({ ...cell, colluders: Math.max(1, Math.floor(cell.merchants / 10)), ringBits: 32 });
      const guildhall = {
        correct: own.correct,
        clientCpuSeconds: own.client.cpuSeconds,
        uploadBytes: own.client.uploadBytes.total,
        serverCpuSeconds: own.server.cpuSeconds,
        serverPeakMiB: own.server.peakMiB,
      };
      const line = (name: string, values: typeof guildhall | z.infer<typeof figures>): string =>
        `${name.padEnd(16)} client ${values.clientCpuSeconds.toFixed(3)} CPU s, ${values.uploadBytes ?? 0} bytes; ` +
        `server ${values.serverCpuSeconds.toFixed(3)} CPU s, ${values.serverPeakMiB} MiB; ` +
        `the sum is ${values.correct ? 'right' : 'WRONG'}\n`;
      process.stdout.write(
        json === true
          ? `${JSON.stringify({ ...cell, guildhall, flower })}\n`
          : line('guildhall', guildhall) + line(`flower ${flower.flwr}`, flower),
      );
      if (!own.correct || !flower.correct) process.exitCode = 1;
    });
}

/** @throws GuildhallError USAGE where Flower is not installed */
async function runFlower(
  python: string,
  { merchants, dimension, dropped }: Pick<FlowerOptions, 'merchants' | 'dimension' | 'dropped'>,
): Promise<z.infer<typeof figures>> {
  const run = promisify(execFile);
  try {
    await run(python, ['-c', 'import flwr']);
  } catch {
    throw new GuildhallError(
      'USAGE',
      `Flower is not there. Install ${FOLDER}/requirements.txt into a Python 3.11 and name it with --python.`,
    );
  }
  const sizes = { merchants, dimension, dropped };
  const options = Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stdout } = await run(python, [join(FOLDER, 'secagg.py'), ...options]);
  return figures.parse(JSON.parse(stdout));
}
