import type { Rank, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorOperations } from '../engine/index.js';
import type { BatchFeatures } from './network.js';

/** One layer's part in the clipping. */
export interface Layer {
  /** Of each shopper's gradient by this layer's parameters; size. */
  squaredNorms(): Tensor1D;
  /** Σ of shares[shopper] · gradient, by the parameters' names. */
  sums(shares: Tensor1D): Record<string, Tensor>;
}

/** What a pass has recorded of one layer. */
export interface LayerRecord {
  readonly tf: TensorOperations;
  readonly size: number;
  /** (size · positions) × inputs. */
  readonly input: Tensor;
  /** (size · positions) × outputs. */
  readonly gradient: Tensor;
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

/** A product with a matrix, plus a bias. */
export function linearLayer(name: string, { tf, size, input, gradient }: LayerRecord): Layer {
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

/** A product with a matrix. */
export function matrixLayer(name: string, { tf, size, input, gradient }: LayerRecord): Layer {
  return {
    squaredNorms: () => innerByShopper(tf, size, gram(tf, size, input), gram(tf, size, gradient)),
    sums: (shares) => ({ [name]: tf.matMul<Tensor>(input, shared(tf, gradient, shares), true, false) }),
  };
}

/** A gain and a bias of normalised rows. */
export function gainLayer(name: string, { tf, size, input, gradient }: LayerRecord): Layer {
  const gains = tf.sum<Tensor2D>(byShopper(tf, size, tf.mul(input, gradient)), 1);
  const biases = tf.sum<Tensor2D>(byShopper(tf, size, gradient), 1);
  const own = [ownRows(tf, `${name}.gain`, gains), ownRows(tf, `${name}.bias`, biases)];
  return {
    squaredNorms: () => own.map((layer) => layer.squaredNorms()).reduce((a, b) => tf.add(a, b)),
    sums: (shares) => Object.assign({}, ...own.map((layer) => layer.sums(shares))) as Record<string, Tensor>,
  };
}

/** A parameter of which every shopper's gradient is at hand: size × parameter. */
export function ownRows(tf: TensorOperations, name: string, gradients: Tensor2D): Layer {
  return {
    squaredNorms: () => innerByShopper(tf, gradients.shape[0], gradients, gradients),
    sums: (shares) => ({ [name]: tf.sum(shared(tf, gradients, shares), 0) }),
  };
}

/** A position's vector is added to one row a shopper, so that row's gradient is its own. */
export function positionLayer(tf: TensorOperations, size: number, gradient: Tensor2D): Layer {
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

/** What the adapter's part is told from. */
export interface AdapterPass {
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
export function adapterLayer(tf: TensorOperations, size: number, pass: AdapterPass): Layer {
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
