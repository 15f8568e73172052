import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { EngineAttempt, TrainingCheck } from '../../recommender/index.js';
import { nvidiaGpus } from '../gpu.js';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { renderPairs } from '../table.js';

/** The command that installs the engine for an NVIDIA GPU. */
const GPU_INSTALL = 'npm install @tensorflow/tfjs-node-gpu@4.22.0';

interface DoctorOptions {
  readonly train?: true;
}

/** `guildhall doctor`: what this machine trains on, why, and whether it trains rightly. */
export function addDoctorCommand(program: Command, io: Io): void {
  addCommand<DoctorOptions>(program, io, {
    usage: 'doctor',
    description: 'Say which training engine this machine gets and why. With --train, check that it trains rightly.',
    options: [
      new Option(
        '--train',
        'train a few steps of the default model and compare losses and gradients with the reference engine',
      ),
    ],
    notes: 'Exit code 1 when --train finds a difference that rounding does not explain.',
    async run({ result, progress, fail }, { train }) {
      const { checkTraining, startEngine } = await import('../../recommender/index.js');
      const { labelledHash, streamRandom } = await import('../../crypto/index.js');
      const gpus = await nvidiaGpus();
      if (train === true) progress.update('Training on this engine and on the reference …');
      const coins = () => streamRandom(labelledHash('guildhall/v1/doctor'));
      const engine = train === true ? await checkTraining(coins) : await startEngine();
      const check = 'passed' in engine ? engine : undefined;
      const name = 'engine' in engine ? engine.engine : engine.name;
      const report = {
        node: process.version,
        platform: `${process.platform}-${process.arch}`,
        cores: availableParallelism(),
        gpus,
        engine: { name, device: engine.device, attempts: engine.attempts },
        advice: adviceFor(name, gpus, engine.device),
        training: check === undefined ? null : figuresOf(check),
      };
      if (check?.passed === false) fail('internal');
      result(report, () => render(report, check));
    },
  });
}

/** One sentence on what would make training faster here, or null. */
export function adviceFor(engine: string, gpus: readonly string[], device: string): string | null {
  if (gpus.length === 0 || device.includes('NVIDIA')) return null;
  if (engine === 'tfjs-node-gpu') {
    return 'TensorFlow does not use the GPU: its CUDA libraries are missing or of another version than it needs. See docs/engines.md.';
  }
  return `There is an NVIDIA GPU. To train on it: ${GPU_INSTALL}, then guildhall doctor --train.`;
}

function figuresOf(check: TrainingCheck) {
  const { passed, parameters, steps, tolerance } = check;
  const { lossError, gradientError, clippedError, normError, parametersError } = check;
  return {
    passed,
    parameters,
    steps,
    tolerance,
    errors: {
      loss: lossError,
      gradient: gradientError,
      clipped: clippedError,
      norms: normError,
      parameters: parametersError,
    },
  };
}

interface Report {
  readonly node: string;
  readonly platform: string;
  readonly cores: number;
  readonly gpus: readonly string[];
  readonly engine: {
    readonly name: string;
    readonly device: string;
    readonly attempts: readonly EngineAttempt[];
  };
  readonly advice: string | null;
}

function render(report: Report, check: TrainingCheck | undefined): string {
  const { node, platform, cores, gpus, engine, advice } = report;
  const machine = renderPairs([
    ['Node', `${node}, ${platform}, ${cores} cores`],
    ['NVIDIA GPU', gpus.length === 0 ? 'none seen' : gpus.join(', ')],
    ['engine', `${engine.name}: ${engine.device}`],
    ...engine.attempts
      .slice(0, -1)
      .map(({ name, outcome, reason }): [string, string] => [
        `not ${name}`,
        outcome === 'not installed' ? 'not installed' : `does not start: ${reason}`,
      ]),
  ]);
  return [machine, ...(advice === null ? [] : [advice]), ...(check === undefined ? [] : [renderCheck(check)])].join(
    '\n\n',
  );
}

function renderCheck(check: TrainingCheck): string {
  const error = (value: number): string => value.toExponential(1);
  const verdict = check.passed
    ? `Training works: ${check.steps} steps of the default model (${check.parameters} parameters) agree with the reference.`
    : 'Training is WRONG on this engine: it differs from the reference by more than rounding explains. Do not use it.';
  return [
    verdict,
    renderPairs([
      ['loss', error(check.lossError)],
      ['gradient', error(check.gradientError)],
      ['norms of shoppers', error(check.normError)],
      ['clipped sum', error(check.clippedError)],
      ['parameters after', error(check.parametersError)],
      ['tolerance', error(check.tolerance)],
    ]),
  ].join('\n');
}
