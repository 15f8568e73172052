/**
 * `npm run -s bench -- step`: CPU milliseconds of the default tower's training step on this machine's engine, beside
 * PyTorch and Opacus on one thread where Python has them; a run is its own reference, for machines differ.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { integer, namesOf, optional } from '../../cli/options.js';
import { ENGINE_NAMES } from '../../recommender/index.js';
import type { EngineName } from '../../recommender/index.js';
import { measureSteps } from './measure.js';
import type { EngineSteps } from './measure.js';

/** Beside this file's source, wherever this file is compiled to. */
const SCRIPT = ['.', '../../../bench/step']
  .map((folder) => join(import.meta.dirname, folder, 'pytorch.py'))
  .find(existsSync);
const MODES = ['plain', 'opacus', 'vmap'] as const;
const NO_PEER =
  'Python has no torch and opacus here (bench/step/requirements.txt), so there is nothing to compare with.';

interface PeerSteps {
  /** Its version. */
  readonly torch: string;
  /** Medians, milliseconds of CPU on one thread. */
  readonly plain: number;
  readonly opacus: number;
  readonly vmap: number;
}

/** What the command prints with --json. */
export interface StepFigures extends EngineSteps {
  /** Absent where Python or the packages are. */
  readonly peer?: PeerSteps;
  /** Our CPU time over theirs. */
  readonly ratios?: {
    readonly plainToPyTorch: number;
    readonly clippedToOpacus: number;
    readonly clippedToVmap: number;
  };
}

interface StepOptions {
  readonly engine?: readonly EngineName[];
  readonly steps: number;
  readonly python: string;
  readonly json?: true;
}

const PLAIN_BATCH = 128;
const CLIPPED_BATCH = 64;

/** Measures both kinds of step here, then in PyTorch. */
export async function measureStep({ engine, steps, python }: StepOptions): Promise<StepFigures> {
  const [only] = engine ?? [];
  const sizes = { plainBatch: PLAIN_BATCH, clippedBatch: CLIPPED_BATCH, steps };
  const own = await measureSteps({ ...sizes, ...(only === undefined ? {} : { engine: only }) });
  const peer = await measurePeer(python, steps);
  if (peer === undefined) return own;
  const ratios = {
    plainToPyTorch: own.plain.cpuMs / peer.plain,
    clippedToOpacus: own.clipped.cpuMs / peer.opacus,
    clippedToVmap: own.clipped.cpuMs / peer.vmap,
  };
  return { ...own, peer, ratios };
}

/** @returns undefined where Python or a package is missing */
async function measurePeer(python: string, steps: number): Promise<PeerSteps | undefined> {
  if (SCRIPT === undefined) return undefined;
  const medians: Record<string, number> = {};
  let torch = '';
  for (const mode of MODES) {
    const batch = mode === 'plain' ? PLAIN_BATCH : CLIPPED_BATCH;
    const args = [SCRIPT, '--mode', mode, '--batch', String(batch), '--steps', String(steps)];
    try {
      const { stdout } = await promisify(execFile)(python, args);
      const found = JSON.parse(stdout) as { readonly torch: string; readonly cpuMs: number };
      medians[mode] = found.cpuMs;
      torch = found.torch;
    } catch {
      return undefined;
    }
  }
  const { plain = Number.NaN, opacus = Number.NaN, vmap = Number.NaN } = medians;
  return { torch, plain, opacus, vmap };
}

/** The `step` subcommand. */
export function stepCommand(): Command {
  return new Command('step')
    .description("CPU ms of the default tower's training step, plain and clipped, beside PyTorch and Opacus")
    .addOption(
      optional('--engine <name>', `one of ${ENGINE_NAMES.join(', ')} (default: the best)`, namesOf(ENGINE_NAMES)),
    )
    .option('--steps <n>', 'measured steps of each kind', integer({ min: 3, max: 10_000 }), 30)
    .option('--python <path>', 'a Python with bench/step/requirements.txt', 'python3')
    .option('--json', 'print the figures as JSON')
    .action(async ({ json, ...options }: StepOptions) => {
      const figures = await measureStep(options);
      if (json === true && figures.peer === undefined) process.stderr.write(`${NO_PEER}\n`);
      process.stdout.write(json === true ? `${JSON.stringify(figures)}\n` : describe(figures));
    });
}

function describe({ engine, device, parameters, plain, clipped, spread, peer, ratios }: StepFigures): string {
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  const own = `${engine} (${device}), ${parameters} parameters
plain, ${plain.batch} shoppers: ${ms(plain.cpuMs)}
clipped per shopper, ${clipped.batch} shoppers: ${ms(clipped.cpuMs)}
${spread === undefined ? '' : `plain, by the clock: ${ms(spread.aloneMs)}, on ${spread.threads} threads ${ms(spread.spreadMs)}\n`}`;
  if (peer === undefined || ratios === undefined) return `${own}${NO_PEER}\n`;
  return `${own}PyTorch ${peer.torch}, one thread: plain ${ms(peer.plain)}, Opacus ${ms(peer.opacus)}, vmap ${ms(peer.vmap)}
ratios: plain ${ratios.plainToPyTorch.toFixed(2)}, clipped to Opacus ${ratios.clippedToOpacus.toFixed(2)}, to vmap ${ratios.clippedToVmap.toFixed(2)}
`;
}
