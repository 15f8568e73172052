import type { Rank, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorOperations } from '../engine/index.js';
import type { Dropout, TowerBatch } from './batch.js';
import { embed, flat, weightsOf } from './gradients.js';
import type { TowerTensors } from './gradients.js';
import { TEMPERATURE } from './model.js';
import { excess, featuresOf, firstClassLoss, inverseLength, logitsOf, stateOf, unit } from './network.js';
import type { BatchFeatures, Pass } from './network.js';
import { trainedParts } from './shape.js';

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

/** One layer's part in the clipping. */
interface Layer {
  /** Of each shopper's gradient by this layer's parameters; size. */
  squaredNorms(): Tensor1D;
  /** Σ of shares[shopper] · gradient, by the parameters' names. */
  sums(shares: Tensor1D): Record<string, Tensor>;
}

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

interface LayerRecord {
  readonly tf: TensorOperations;
  readonly size: number;
  /** (size · positions) × inputs. */
  readonly input: Tensor;
  /** (size · positions) × outputs. */
  readonly gradient: Tensor;
}

function recordedLayer(recorder: Recorder, name: string): Pick<LayerRecord, 'input' | 'gradient'> {
  return { input: recorder.kept(`${name}:input`), gradient: recorder.kept(`${name}:gradient`) };
}

/** Rows of a layer, by shopper: size × positions × width. */
function byShopper(tf: TensorOperations, size: number, x: Tensor): Tensor {
  return tf.reshape(x, [size, -1, x.shape.at(-1) ?? 1]);
}

/** Σ of x ⊙ y over all but the first axis. */
function innerByShopper(tf: TensorOperations, size: number, x: Tensor, y: Tensor): Tensor1D {
  return tf.sum<Tensor1D>(tf.reshape(tf.mul(x, y), [size, -1]), 1);
}

/** All inner products among a shopper's rows: size × positions × positions. */
function gram(tf: TensorOperations, size: number, x: Tensor): Tensor {
  const rows = byShopper(tf, size, x);
  return tf.matMul<Tensor>(rows, rows, false, true);
}

/** Every shopper's rows times the shopper's share. */
function shared(tf: TensorOperations, x: Tensor, shares: Tensor1D): Tensor {
  const size = shares.shape[0];
  return tf.reshape(tf.mul(tf.reshape(x, [size, -1]), tf.reshape(shares, [size, 1])), x.shape);
}

function linearLayer(name: string, { tf, size, input, gradient }: LayerRecord): Layer {
  return {
    // The bias is a weight of an input that is always 1.
    squaredNorms: () => innerByShopper(tf, size, tf.add(gram(tf, size, input), 1), gram(tf, size, gradient)),
    sums: (shares) => {
      const weighted = shared(tf, gradient, shares);
      return {
        [`${name}.weights`]: tf.matMul<Tensor>(input, weighted, true, false),
        [`${name}.bias`]: tf.sum(weighted, 0),
      };
    },
  };
}

function matrixLayer(name: string, { tf, size, input, gradient }: LayerRecord): Layer {
  return {
    squaredNorms: () => innerByShopper(tf, size, gram(tf, size, input), gram(tf, size, gradient)),
    sums: (shares) => ({ [name]: tf.matMul<Tensor>(input, shared(tf, gradient, shares), true, false) }),
  };
}

function gainLayer(name: string, { tf, size, input, gradient }: LayerRecord): Layer {
  const gains = tf.sum<Tensor2D>(byShopper(tf, size, tf.mul(input, gradient)), 1);
  const biases = tf.sum<Tensor2D>(byShopper(tf, size, gradient), 1);
  const own = [ownRows(tf, `${name}.gain`, gains), ownRows(tf, `${name}.bias`, biases)];
  return {
    squaredNorms: () => own.map((layer) => layer.squaredNorms()).reduce((a, b) => tf.add(a, b)),
    sums: (shares) => Object.assign({}, ...own.map((layer) => layer.sums(shares))) as Record<string, Tensor>,
  };
}

/** A parameter of which every shopper's gradient is at hand: size × parameter. */
function ownRows(tf: TensorOperations, name: string, gradients: Tensor2D): Layer {
  return {
    squaredNorms: () => innerByShopper(tf, gradients.shape[0], gradients, gradients),
    sums: (shares) => ({ [name]: tf.sum(shared(tf, gradients, shares), 0) }),
  };
}

/** A position's vector is added to one row a shopper, so that row's gradient is its own. */
function positionLayer(tf: TensorOperations, size: number, gradient: Tensor2D): Layer {
  const layer = ownRows(tf, 'positions', tf.reshape(gradient, [size, -1]));
  const width = gradient.shape[1];
  return {
    squaredNorms: () => layer.squaredNorms(),
    sums: (shares) => {
      const { positions } = layer.sums(shares);
      if (positions === undefined) throw new TypeError('the positions have a sum');
      return { positions: tf.reshape(positions, [-1, width]) };
    },
  };
}

interface AdapterPass {
  readonly features: BatchFeatures;
  /** Gradients by the adapter's outputs: (size · length) × width, size × width. */
  readonly history: Tensor2D;
  readonly target: Tensor2D;
  /** u, size × width, and e, negatives × width: of unit length. */
  readonly state: Tensor2D;
  readonly negative: Tensor2D;
  /** 1 / ‖adapter output‖ of each negative: 1 × negatives. */
  readonly negativeInverse: Tensor2D;
  /** The loss's derivative by cos(u, e): size × negatives. */
  readonly error: Tensor2D;
}

/**
 * The adapter reads a shopper's events, the target and the negatives, which all share. A negative's output z has
 * e = z/‖z‖ and s = u·e, so its gradient is d(u − s·e) with d = error/‖z‖. A shopper's gradient is then
 * Σ_t x_t g_tᵀ + x_target g_targetᵀ + (Σ_k d_k x_k) uᵀ − Σ_k w_k x_k e_kᵀ with w = d·s: length + 2 rows of its own, and
 * weights w of public rows, whose inner products are computed once for all shoppers.
 */
function adapterLayer(tf: TensorOperations, size: number, pass: AdapterPass): Layer {
  const { features, history, target, state, negative, negativeInverse, error } = pass;
  const slopes = tf.mul<Tensor2D>(error, negativeInverse);
  const weights = tf.mul<Tensor2D>(slopes, tf.matMul(state, negative, false, true));
  const wide = features.negative.shape[1];
  const narrow = negative.shape[1];
  return {
    squaredNorms: () => {
      const join = (rows: readonly Tensor[], width: number): Tensor =>
        tf.concat(
          rows.map((part) => tf.reshape<Rank.R3>(part, [size, -1, width])),
          1,
        );
      const inputs = join([features.history, features.target, tf.matMul(slopes, features.negative)], wide);
      const outputs = join([history, target, state], narrow);
      const own = innerByShopper(tf, size, gram(tf, size, inputs), gram(tf, size, outputs));
      const across = tf.mul(
        tf.matMul<Tensor>(tf.reshape(inputs, [-1, wide]), features.negative, false, true),
        tf.matMul<Tensor>(tf.reshape(outputs, [-1, narrow]), negative, false, true),
      );
      const crossed = tf.sum<Tensor2D>(tf.reshape(across, [size, -1, negative.shape[0]]), 1);
      const among = tf.mul<Tensor2D>(
        tf.matMul(features.negative, features.negative, false, true),
        tf.matMul(negative, negative, false, true),
      );
      const shared = tf.sub(tf.matMul(weights, among), tf.mul(crossed, 2));
      return tf.add(own, innerByShopper(tf, size, weights, shared));
    },
    sums: (shares) => {
      const column = tf.reshape<Rank.R2>(shares, [size, 1]);
      const fromNegatives = tf.sub<Tensor2D>(
        tf.matMul(tf.mul<Tensor2D>(slopes, column), state, true, false),
        tf.mul(negative, tf.reshape(tf.sum(tf.mul(weights, column), 0), [-1, 1])),
      );
      const parts = [
        tf.matMul(features.history, shared(tf, history, shares), true, false),
        tf.matMul(features.target, tf.mul<Tensor2D>(target, column), true, false),
        tf.matMul(features.negative, fromNegatives, true, false),
      ];
      return { adapter: parts.reduce((a, b) => tf.add(a, b)) };
    },
  };
}
