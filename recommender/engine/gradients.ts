import type * as tfjs from '@tensorflow/tfjs-core';
import type { TensorOperations } from './types.js';

type Tf = TensorOperations;
type Tensor = tfjs.Tensor;
type Gradient = tfjs.GradConfig;

/**
 * Registers the derivative of every operation that the models here differentiate through. tfjs-core keeps its own table
 * in modules that plain Node cannot import, and the package that bundles them brings a browser's worth of other code.
 * Engines that come with that package keep its rules.
 *
 * Covered: matMul, add, sub, mul, div, neg, square, sqrt, rsqrt, exp, log, relu, tanh, sigmoid, sum, mean, softmax, reshape,
 * expandDims, transpose, cast, gather, slice, concat. logSoftmax and the losses of tf.losses carry their own.
 */
export function registerGradients(tf: Tf): void {
  for (const config of [...products(tf), ...arithmetic(tf), ...elementwise(tf), ...reductions(tf), ...shapes(tf)]) {
    if ((tf.getGradient(config.kernelName) as Gradient | undefined) === undefined) tf.registerGradient(config);
  }
}

/** A saved tensor; the table below names every input that its rule reads. */
function saved(tensors: readonly Tensor[], position: number): Tensor {
  const tensor = tensors[position];
  if (tensor === undefined) throw new TypeError(`A gradient rule reads saved tensor ${position}, which was not kept.`);
  return tensor;
}

/** Sums a gradient over the axes along which its operand was broadcast. */
function unbroadcast(tf: Tf, gradient: Tensor, shape: number[]): Tensor {
  const axes = tf.backend_util.getReductionAxes(shape, gradient.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, shape);
}

function products(tf: Tf): Gradient[] {
  return [
    {
      kernelName: tf.BatchMatMul,
      inputsToSave: ['a', 'b'],
      gradFunc: (dy, kept, attributes) => {
        const [a, b] = [saved(kept, 0), saved(kept, 1)];
        const dyt = dy as Tensor;
        const { transposeA, transposeB } = attributes as unknown as tfjs.BatchMatMulAttrs;
        return {
          a: () => (transposeA ? tf.matMul(b, dyt, transposeB, true) : tf.matMul(dyt, b, false, !transposeB)),
          b: () => (transposeB ? tf.matMul(dyt, a, true, transposeA) : tf.matMul(a, dyt, !transposeA, false)),
        };
      },
    },
  ];
}

type Binary = (dy: Tensor, a: Tensor, b: Tensor) => Tensor;

function binary(tf: Tf, kernelName: string, left: Binary, right: Binary): Gradient {
  return {
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, kept) => {
      const [a, b] = [saved(kept, 0), saved(kept, 1)];
      return {
        a: () => unbroadcast(tf, left(dy as Tensor, a, b), a.shape),
        b: () => unbroadcast(tf, right(dy as Tensor, a, b), b.shape),
      };
    },
  };
}

function arithmetic(tf: Tf): Gradient[] {
  return [
    binary(
      tf,
      tf.Add,
      (dy) => dy,
      (dy) => dy,
    ),
    binary(
      tf,
      tf.Sub,
      (dy) => dy,
      (dy) => tf.neg(dy),
    ),
    binary(
      tf,
      tf.Multiply,
      (dy, _a, b) => tf.mul(dy, b),
      (dy, a) => tf.mul(dy, a),
    ),
    binary(
      tf,
      tf.RealDiv,
      (dy, _a, b) => tf.div(dy, b),
      (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
    ),
  ];
}

function ofInput(kernelName: string, rule: (dy: Tensor, x: Tensor) => Tensor): Gradient {
  return {
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (dy, kept) => ({ x: () => rule(dy as Tensor, saved(kept, 0)) }),
  };
}

function ofOutput(kernelName: string, rule: (dy: Tensor, y: Tensor) => Tensor): Gradient {
  return {
    kernelName,
    outputsToSave: [true],
    gradFunc: (dy, kept) => ({ x: () => rule(dy as Tensor, saved(kept, 0)) }),
  };
}

function elementwise(tf: Tf): Gradient[] {
  const halfOver = (dy: Tensor, y: Tensor) => tf.div(dy, tf.mul(y, 2));
  return [
    ofInput(tf.Neg, (dy) => tf.neg(dy)),
    ofInput(tf.Square, (dy, x) => tf.mul(dy, tf.mul(x, 2))),
    ofOutput(tf.Sqrt, halfOver),
    ofInput(tf.Rsqrt, (dy, x) => tf.div(dy, tf.mul(tf.mul(x, tf.sqrt(x)), -2))),
    ofOutput(tf.Exp, (dy, y) => tf.mul(dy, y)),
    ofInput(tf.Log, (dy, x) => tf.div(dy, x)),
    ofInput(tf.Relu, (dy, x) => tf.mul(dy, tf.step(x))),
    ofOutput(tf.Tanh, (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
    ofOutput(tf.Sigmoid, (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
    ofInput(tf.Cast, (dy) => dy),
    ofInput(tf.Identity, (dy) => dy),
  ];
}

/** Spreads a reduced gradient back over the axes that were summed. */
function spread(tf: Tf, dy: Tensor, shape: number[], axis: number | number[]): Tensor {
  const axes = new Set(tf.util.parseAxisParam(axis, shape));
  const kept = shape.map((size, dimension) => (axes.has(dimension) ? 1 : size));
  return tf.mul(tf.reshape(dy, kept), tf.ones(shape));
}

function reductions(tf: Tf): Gradient[] {
  return [
    {
      kernelName: tf.Sum,
      inputsToSave: ['x'],
      gradFunc: (dy, kept, attributes) => {
        const { axis } = attributes as unknown as tfjs.SumAttrs;
        return { x: () => spread(tf, dy as Tensor, saved(kept, 0).shape, axis) };
      },
    },
    {
      kernelName: tf.Mean,
      inputsToSave: ['x'],
      gradFunc: (dy, kept, attributes) => {
        const { axis } = attributes as unknown as tfjs.MeanAttrs;
        const x = saved(kept, 0);
        return { x: () => tf.mul(spread(tf, dy as Tensor, x.shape, axis), (dy as Tensor).size / x.size) };
      },
    },
    {
      kernelName: tf.Softmax,
      outputsToSave: [true],
      gradFunc: (dy, kept, attributes) => {
        const y = saved(kept, 0);
        const { dim } = attributes as unknown as tfjs.SoftmaxAttrs;
        const weighted = tf.mul(dy as Tensor, y);
        return { logits: () => tf.sub(weighted, tf.mul(tf.sum(weighted, dim, true), y)) };
      },
    },
  ];
}

function shapes(tf: Tf): Gradient[] {
  const restore = (kernelName: string, input: string): Gradient => ({
    kernelName,
    inputsToSave: [input],
    gradFunc: (dy, kept) => ({ [input]: () => tf.reshape(dy as Tensor, saved(kept, 0).shape) }),
  });
  return [
    restore(tf.Reshape, 'x'),
    restore(tf.ExpandDims, 'input'),
    {
      kernelName: tf.Transpose,
      gradFunc: (dy, _kept, attributes) => {
        const { perm } = attributes as unknown as tfjs.TransposeAttrs;
        return { x: () => tf.transpose(dy as Tensor, tf.backend_util.getUndoAxesPermutation(perm)) };
      },
    },
    {
      kernelName: tf.GatherV2,
      inputsToSave: ['x', 'indices'],
      gradFunc: (dy, kept, attributes) => {
        const [x, indices] = [saved(kept, 0), saved(kept, 1)];
        const { axis, batchDims } = attributes as unknown as tfjs.GatherV2Attrs;
        if (axis !== 0 || batchDims !== 0)
          throw new RangeError('Only gathers along the first axis have a gradient here.');
        const rows = tf.reshape<tfjs.Rank.R1>(indices, [indices.size]);
        const updates = tf.reshape(dy as Tensor, [indices.size, ...x.shape.slice(1)]);
        return { x: () => tf.unsortedSegmentSum(updates, rows, x.shape[0]), indices: () => indices };
      },
    },
    {
      kernelName: tf.Slice,
      inputsToSave: ['x'],
      gradFunc: (dy, kept, attributes) => {
        const x = saved(kept, 0);
        const { begin, size } = attributes as unknown as tfjs.SliceAttrs;
        const [starts = [], sizes = []] = tf.slice_util.parseSliceParams(x, begin, size);
        const paddings = starts.map((start, axis): [number, number] => [
          start,
          (x.shape[axis] ?? 0) - start - (sizes[axis] ?? 0),
        ]);
        return { x: () => tf.pad(dy as Tensor, paddings) };
      },
    },
    {
      kernelName: tf.Concat,
      saveAllInputs: true,
      gradFunc: (dy, kept, attributes) => {
        const { axis } = attributes as unknown as tfjs.ConcatAttrs;
        const dimension = tf.util.parseAxisParam(axis, saved(kept, 0).shape)[0] ?? 0;
        const pieces = tf.split(
          dy as Tensor,
          kept.map((tensor) => tensor.shape[dimension] ?? 0),
          dimension,
        );
        return Object.fromEntries(pieces.map((piece, position) => [String(position), () => piece]));
      },
    },
  ];
}
