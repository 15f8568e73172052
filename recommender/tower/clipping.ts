import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/index.js';
import type { RandomSource } from '../random.js';
import { drawNegatives, packTower } from './batch.js';
import type { TowerBatch, TowerExample } from './batch.js';
import { clippedGradient } from './clipped.js';
import type { TowerModel } from './model.js';
import { inRuns, PART, withOwnRows } from './parts.js';
import type { TowerThreads } from './parts.js';
import { featureTable } from './scoring.js';
import type { TowerTexts } from './scoring.js';
import type { TowerForm } from './shape.js';

/** What a round's gradients are taken at. */
export interface ClippingPoint {
  readonly form: TowerForm;
  readonly base: TowerModel;
  /** Present values of what the form trains. */
  readonly trained: Float32Array;
}

/** One pass's result. */
export interface ClippedPass {
  readonly examples: readonly TowerExample[];
  /** Σ of the examples' clipped gradients, by what the form trains. */
  readonly sum: Float32Array;
  /** Norms before clipping, in the order of the examples. */
  readonly norms: Float32Array;
}

/** How a point's gradients are computed. */
export interface ClippingOptions {
  readonly negatives: number;
  readonly random: RandomSource;
  /** What passes are spread over, where there are enough of them. @default none: all are computed here */
  readonly threads?: TowerThreads | undefined;
}

/** Passes that are worth starting threads for: fewer are done here by the time that a thread has started. */
const FEWEST_SPREAD = 8;

/** Clipped gradients of many shoppers at one point, against the same negatives, pass by pass. */
export class TowerClipping {
  readonly #engine: Engine;
  readonly #point: ClippingPoint;
  readonly #table: Tensor2D;
  readonly #parameters: Tensor1D;
  readonly #trained: Tensor1D;
  readonly #negatives: Int32Array;
  readonly #texts: TowerTexts;
  readonly #threads: TowerThreads | undefined;

  /** Draws the negatives at once, so that they do not depend on any shopper. */
  constructor(
    engine: Engine,
    point: ClippingPoint,
    texts: TowerTexts,
    { negatives, random, threads }: ClippingOptions,
  ) {
    this.#engine = engine;
    this.#point = point;
    this.#negatives = drawNegatives(texts.items, negatives, random);
    this.#texts = texts;
    this.#threads = threads;
    this.#table = featureTable(engine, texts);
    this.#parameters = engine.tf.tensor1d(point.base.parameters);
    this.#trained = engine.tf.tensor1d(point.trained);
  }

  /**
   * All examples, 64 a pass, in their order. Where a pass is computed changes no bit of it.
   * @param clipNorm bound of each example's gradient
   * @throws what a thread throws
   */
  async *passes(examples: readonly TowerExample[], clipNorm: number): AsyncGenerator<ClippedPass, void, undefined> {
    const runs = inRuns(examples, PART);
    const threads = runs.length < FEWEST_SPREAD ? undefined : this.#threads;
    if (threads === undefined) {
      for (const run of runs) yield this.pass(run, clipNorm);
      return;
    }
    for (const together of inRuns(runs, threads.count)) {
      yield* await Promise.all(together.map((run) => this.#passOn(threads, run, clipNorm)));
    }
  }

  /** One pass, here. @param clipNorm bound of each example's gradient */
  pass(examples: readonly TowerExample[], clipNorm: number): ClippedPass {
    const { tf } = this.#engine;
    const { form, base, trained } = this.#point;
    if (examples.length === 0) return { examples, sum: new Float32Array(trained.length), norms: new Float32Array(0) };
    const tensors = { tf, shape: base.shape, form, table: this.#table };
    const values = { parameters: this.#parameters, trained: this.#trained };
    const { sum, norms, losses } = clippedGradient({ ...tensors, ...values }, this.#packed(examples), clipNorm);
    const result = {
      examples,
      sum: Float32Array.from(sum.dataSync<'float32'>()),
      norms: Float32Array.from(norms.dataSync<'float32'>()),
    };
    tf.dispose([sum, norms, losses]);
    return result;
  }

  async #passOn(threads: TowerThreads, examples: readonly TowerExample[], clipNorm: number): Promise<ClippedPass> {
    const { form, base, trained } = this.#point;
    const own = withOwnRows(this.#packed(examples), this.#texts);
    const point = { shape: base.shape, form, parameters: base.parameters, trained };
    const { gradient: sum, norms } = await threads.compute({
      ...point,
      ...own,
      reduction: { kind: 'clipped', clipNorm },
    });
    return { examples, sum, norms };
  }

  #packed(examples: readonly TowerExample[]): TowerBatch {
    const { length } = this.#point.base.shape;
    return packTower(examples, this.#negatives, { length, padding: this.#texts.items });
  }

  /** Whether an example's gradient is finite. */
  isFinite(example: TowerExample): boolean {
    const { sum, norms } = this.pass([example], 1);
    return norms.every(Number.isFinite) && sum.every(Number.isFinite);
  }

  /** Gives the engine's memory back. */
  dispose(): void {
    this.#engine.tf.dispose([this.#table, this.#parameters, this.#trained]);
  }
}
