import { availableParallelism } from 'node:os';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { GradientThreads } from '../../client/training/gradient-threads.js';
import { osRandom } from '../../crypto/index.js';
import {
  adamW,
  clippedGradient,
  DEFAULT_TOWER,
  drawNegatives,
  featureTable,
  inBlocks,
  newestExample,
  packTower,
  parameterCount,
  PART,
  startEngine,
  trainedTower,
  trainedTowerOn,
  untrainedTower,
} from '../../recommender/index.js';
import type { Engine, EngineName, TowerTexts, TrainingArguments } from '../../recommender/index.js';

/** Items of the catalogue and negatives of a batch: those of the script for PyTorch. */
const ITEMS = 12_000;
const NEGATIVES = 256;
const CLIP_NORM = 1;
const WARM_UP = 4;
const coins = inBlocks(osRandom);

/** What one step costs. */
export interface StepCost {
  readonly batch: number;
  readonly steps: number;
  /** Median, milliseconds of CPU of the whole process. */
  readonly cpuMs: number;
}

/** What threads bring to plain steps: medians by the clock, so the machine's other work counts. */
export interface SpreadCost {
  readonly threads: number;
  readonly aloneMs: number;
  readonly spreadMs: number;
}

/** The default model's step on one engine. */
export interface EngineSteps {
  readonly engine: EngineName;
  readonly device: string;
  readonly parameters: number;
  /** Packing, gradient of the mean loss and AdamW, as training does them; without dropout, which PyTorch's side lacks. */
  readonly plain: StepCost;
  /** Packing, sum of gradients clipped one shopper at a time, and AdamW. */
  readonly clipped: StepCost;
  /** Absent on one core, and on an engine that uses all cores by itself. */
  readonly spread?: SpreadCost;
}

/** How much to measure. */
export interface MeasureOptions {
  readonly engine?: EngineName;
  readonly plainBatch: number;
  readonly clippedBatch: number;
  /** Measured steps of each kind. */
  readonly steps: number;
}

/** Measures plain steps, clipped steps, and plain steps on threads, each on fresh random sequences. */
export async function measureSteps({ engine: only, ...options }: MeasureOptions): Promise<EngineSteps> {
  const engine = await startEngine(only === undefined ? {} : { only });
  const { plainBatch, clippedBatch, steps } = options;
  const texts = inventedTexts();
  const alone: Mark[] = [];
  trainedTower(...plainRun(engine, texts, options, alone));
  const costs = {
    engine: engine.name,
    device: engine.device,
    parameters: parameterCount(DEFAULT_TOWER),
    plain: { batch: plainBatch, steps, cpuMs: median(alone, 'cpuMs') },
    clipped: { batch: clippedBatch, steps, cpuMs: median(clippedSteps(engine, texts, options), 'cpuMs') },
  };
  const count = Math.min(availableParallelism(), Math.ceil(plainBatch / PART));
  if (engine.cores === 'all' || count < 2) return costs;
  const together: Mark[] = [];
  const threads = new GradientThreads(count);
  await trainedTowerOn(threads, ...plainRun(engine, texts, options, together));
  await threads.close();
  const spread = { threads: count, aloneMs: median(alone, 'clockMs'), spreadMs: median(together, 'clockMs') };
  return { ...costs, spread };
}

/** When a step ended, since some start. */
interface Mark {
  readonly cpuMs: number;
  readonly clockMs: number;
}

function mark(): Mark {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, clockMs: performance.now() };
}

/** Median time between two marks, those of the warm-up left out. */
function median(marks: readonly Mark[], what: keyof Mark): number {
  const ends = marks.slice(WARM_UP - 1).map((end) => end[what]);
  const between = ends.slice(1).map((end, at) => end - (ends[at] ?? Number.NaN));
  return between.sort((a, b) => a - b)[between.length >> 1] ?? Number.NaN;
}

function inventedTexts(): TowerTexts {
  const { features } = DEFAULT_TOWER;
  const scale = 1 / Math.sqrt((features * 256 ** 2) / 12);
  const vectors = Float32Array.from({ length: ITEMS * features }, () => ((coins.bytes(1)[0] ?? 0) - 127.5) * scale);
  return { items: ITEMS, dimensions: features, vectors };
}

/** Training over one epoch of the warm-up and the measured steps, which marks the end of each. */
function plainRun(
  engine: Engine,
  texts: TowerTexts,
  { plainBatch: batch, steps }: MeasureOptions,
  marks: Mark[],
): TrainingArguments {
  const { length } = DEFAULT_TOWER;
  const sequences = Array.from({ length: batch * (WARM_UP + steps) }, () => drawNegatives(ITEMS, length + 1, coins));
  const onStep = (): void => void marks.push(mark());
  const options = { epochs: 1, batch, negatives: NEGATIVES, dropout: 0, augmentation: undefined, onStep };
  return [engine, untrainedTower(DEFAULT_TOWER, coins), { texts, sequences }, osRandom, options];
}

function clippedSteps(engine: Engine, texts: TowerTexts, { clippedBatch, steps }: MeasureOptions): Mark[] {
  const { tf } = engine;
  const shape = DEFAULT_TOWER;
  const { length } = shape;
  const table = featureTable(engine, texts);
  const { parameters } = untrainedTower(shape, coins);
  const zeros = (): Tensor1D => tf.zeros([parameters.length]);
  const decays = zeros();
  let state = { parameters: tf.tensor1d(parameters), first: zeros(), second: zeros() };
  const marks: Mark[] = [];
  for (let step = 1; step <= WARM_UP + steps; step += 1) {
    const sequences = Array.from({ length: clippedBatch }, () => drawNegatives(ITEMS, length + 1, coins));
    const negatives = drawNegatives(ITEMS, NEGATIVES, coins);
    const batch = packTower(sequences.map(newestExample), negatives, { length, padding: ITEMS });
    const old = state;
    const tensors = {
      tf,
      shape,
      form: { kind: 'full' },
      table,
      parameters: old.parameters,
      trained: old.parameters,
    } as const;
    const { sum, norms, losses } = clippedGradient(tensors, batch, CLIP_NORM);
    state = adamW(tf, old, sum, { step, learningRate: 1e-3, decays });
    losses.dataSync();
    tf.dispose([sum, norms, losses, old.parameters, old.first, old.second]);
    marks.push(mark());
  }
  tf.dispose([table, decays, state.parameters, state.first, state.second]);
  return marks;
}
