import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorOperations } from '../engine/index.js';
import type { Dropout, TowerBatch } from './batch.js';
import { adapterLayer, gainLayer, linearLayer, matrixLayer, ownRows, positionLayer } from './clipped-layers.js';
import { directGradient, directTraining } from './direct/index.js';
import type { AdapterPass, Layer, LayerRecord } from './clipped-layers.js';
import { embed, flat, weightsOf } from './gradients.js';
import { TEMPERATURE } from './model.js';
import { excess, featuresOf, firstClassLoss, inverseLength, logitsOf, stateOf, unit } from './network.js';
import type { Pass } from './network.js';
import { trainedParts } from './shape.js';
import type { TowerTensors } from './tensors.js';

/** A batch's gradients, clipped one shopper at a time. */
export interface ClippedGradient {
  /** Σ over shoppers of min(1, C/‖g‖)·g, flat, by what the form trains. */
  readonly sum: Tensor1D;
  /** ‖g‖ of every shopper, before clipping. */
  readonly norms: Tensor1D;
  readonly losses: Tensor1D;
}

/**
 * Clips every shopper's whole gradient to norm C and adds them up, in one forward and one backward pass over the batch
 * (ghost clipping: Goodfellow 2015; Li et al. 2022; the book-keeping of Bu et al. 2023). The backward pass keeps, of each
 * layer, its input a and its output's gradient g; no weight's gradient is formed until shares are known. Then a shopper's
 * squared norm is Σ over t, t′ of (a_t·a_t′)(g_t·g_t′), and the clipped sum is aᵀ(c ⊙ g).
 *
 * Exact, because a shopper's loss depends on that shopper's examples and on public negatives alone: the negatives' part
 * of the adapter's gradient is rebuilt from the shared table. The caller disposes the result.
 *
 * @param clipNorm C > 0
 */
export function clippedGradient(
  tensors: TowerTensors,
  batch: TowerBatch,
  clipNorm: number,
  dropout?: Dropout,
): ClippedGradient {
  const { tf, shape } = tensors;
  const access = directTraining(tensors);
  if (access !== undefined) {
    const reduction = { kind: 'clipped', clipNorm } as const;
    const { sum, losses, norms } = directGradient(access, tensors, batch, reduction, dropout);
    return { sum, norms: tf.tensor1d(norms), losses: tf.tensor1d(losses) };
  }
  return tf.tidy(() => {
    const { weights } = weightsOf(tensors);
    const recorder = new Recorder(tf);
    const pass: Pass = { tf, shape, weights, tap: recorder.tap, ...(dropout === undefined ? {} : { dropout }) };
    const features = featuresOf(tf, tensors.table, shape, batch);
    const embedded = embed(pass, features);
    const negative = unit(tf, embedded.negative);
    const losses = (history: Tensor, target: Tensor): Tensor => {
      const state = unit(tf, stateOf(pass, history, batch));
      const vectors = { state, target: unit(tf, target), negative };
      const { logits, residual } = logitsOf(pass, vectors, features, batch);
      recorder.keep('state', state);
      recorder.keep('logits', logits);
      recorder.keep('residual.last', residual[0]);
      recorder.keep('residual.mean', residual[1]);
      const each = firstClassLoss(tf, logits);
      recorder.keep('losses', each);
      return tf.sum(each);
    };
    const [history, target] = tf.grads(losses)([embedded.history, embedded.target]) as [Tensor2D, Tensor2D];
    const error = excess(tf, tf.logSoftmax(recorder.kept('logits')));
    const adapter: AdapterPass = {
      features,
      history,
      target,
      state: recorder.kept('state') as Tensor2D,
      negative,
      negativeInverse: tf.reshape(inverseLength(tf, embedded.negative), [1, -1]),
      error: tf.mul(tf.slice(error, [0, 1], [-1, -1]), 1 / TEMPERATURE),
    };
    const residual = ['residual.last', 'residual.mean'].map((name) =>
      tf.sum<Tensor2D>(tf.mul(error, recorder.kept(name)), 1, true),
    );
    const layers = layersOf(tensors, batch.size, { recorder, adapter, residual: tf.concat(residual, 1) });
    const squares = layers.map((layer) => layer.squaredNorms()).reduce((a, b) => tf.add(a, b));
    const norms = tf.sqrt<Tensor1D>(tf.relu(squares));
    const shares = tf.minimum<Tensor1D>(1, tf.div(clipNorm, tf.add(norms, 1e-12)));
    const sums = Object.assign({}, ...layers.map((layer) => layer.sums(shares))) as Record<string, Tensor>;
    const ordered = trainedParts(shape, tensors.form).map(({ name }) => {
      const sum = sums[name];
      if (sum === undefined) throw new TypeError(`no layer gave the gradient of ${name}`);
      return sum;
    });
    const result = { sum: flat(tf, ordered), norms, losses: tf.clone(recorder.kept('losses')) as Tensor1D };
    recorder.dispose();
    return result;
  });
}

/** What one backward pass has left. */
interface Recorded {
  readonly recorder: Recorder;
  readonly adapter: AdapterPass;
  /** size × 2. */
  readonly residual: Tensor2D;
}

function layersOf(tensors: TowerTensors, size: number, recorded: Recorded): Layer[] {
  const { tf, shape, form } = tensors;
  const { recorder } = recorded;
  const layers: Layer[] = [];
  for (const { name } of trainedParts(shape, form)) {
    const of = (layer: string) => ({ tf, size, ...recordedLayer(recorder, layer) });
    if (name === 'adapter') layers.push(adapterLayer(tf, size, recorded.adapter));
    else if (name === 'positions') layers.push(positionLayer(tf, size, recorded.adapter.history));
    else if (name === 'residual') layers.push(ownRows(tf, 'residual', recorded.residual));
    else if (name.endsWith('.correction')) layers.push(matrixLayer(name, of(name)));
    else if (name.endsWith('.weights')) layers.push(linearLayer(baseName(name), of(baseName(name))));
    else if (name.endsWith('.gain')) layers.push(gainLayer(baseName(name), of(baseName(name))));
  }
  return layers;
}

const baseName = (name: string): string => name.slice(0, name.lastIndexOf('.'));

function recordedLayer(recorder: Recorder, name: string): Pick<LayerRecord, 'input' | 'gradient'> {
  return { input: recorder.kept(`${name}:input`), gradient: recorder.kept(`${name}:gradient`) };
}

/** Keeps what passes by its taps, beyond the tidy of the forward pass. */
class Recorder {
  readonly #tf: TensorOperations;
  readonly #kept = new Map<string, Tensor>();

  constructor(tf: TensorOperations) {
    this.#tf = tf;
  }

  readonly tap = (name: string, input: Tensor, output: Tensor): Tensor => {
    this.keep(`${name}:input`, input);
    return this.#tf.customGrad((...args) => {
      const [x] = args as unknown as [Tensor];
      const gradFunc = (dy: Tensor): Tensor => {
        this.keep(`${name}:gradient`, dy);
        return this.#tf.clone(dy);
      };
      return { value: this.#tf.clone(x), gradFunc };
    })(output);
  };

  keep(name: string, tensor: Tensor): void {
    this.#kept.set(name, this.#tf.keep(this.#tf.clone(tensor)));
  }

  kept(name: string): Tensor {
    const tensor = this.#kept.get(name);
    if (tensor === undefined) throw new TypeError(`nothing was kept of ${name}`);
    return tensor;
  }

  dispose(): void {
    for (const tensor of this.#kept.values()) tensor.dispose();
    this.#kept.clear();
  }
}
