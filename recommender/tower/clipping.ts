import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/index.js';
import type { RandomSource } from '../random.js';
import { drawNegatives, packTower } from './batch.js';
import type { TowerExample } from './batch.js';
import { clippedGradient } from './clipped.js';
import type { TowerModel } from './model.js';
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
  /** Σ of the examples' clipped gradients, by what the form trains. */
  readonly sum: Float32Array;
  /** Norms before clipping, in the order of the examples. */
  readonly norms: Float32Array;
}

/** Clipped gradients of many shoppers at one point, against the same negatives, pass by pass. */
export class TowerClipping {
  readonly #engine: Engine;
  readonly #point: ClippingPoint;
  readonly #table: Tensor2D;
  readonly #parameters: Tensor1D;
  readonly #trained: Tensor1D;
  readonly #negatives: Int32Array;
  readonly #items: number;

  /** Draws the negatives at once, so that they do not depend on any shopper. */
  constructor(
    engine: Engine,
    point: ClippingPoint,
    texts: TowerTexts,
    { negatives, random }: { readonly negatives: number; readonly random: RandomSource },
  ) {
    this.#engine = engine;
    this.#point = point;
    this.#negatives = drawNegatives(texts.items, negatives, random);
    this.#items = texts.items;
    this.#table = featureTable(engine, texts);
    this.#parameters = engine.tf.tensor1d(point.base.parameters);
    this.#trained = engine.tf.tensor1d(point.trained);
  }

  /** @param clipNorm bound of each example's gradient */
  pass(examples: readonly TowerExample[], clipNorm: number): ClippedPass {
    const { tf } = this.#engine;
    const { form, base, trained } = this.#point;
    if (examples.length === 0) return { sum: new Float32Array(trained.length), norms: new Float32Array(0) };
    const { shape } = base;
    const batch = packTower(examples, this.#negatives, { length: shape.length, padding: this.#items });
    const tensors = { tf, shape, form, table: this.#table, parameters: this.#parameters, trained: this.#trained };
    const { sum, norms, losses } = clippedGradient(tensors, batch, clipNorm);
    const result = {
      sum: Float32Array.from(sum.dataSync<'float32'>()),
      norms: Float32Array.from(norms.dataSync<'float32'>()),
    };
    tf.dispose([sum, norms, losses]);
    return result;
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
