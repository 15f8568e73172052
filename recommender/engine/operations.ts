import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { TensorOperations } from './types.js';

/** √(2/π), and the cubic coefficient of the tanh form of GELU (Hendrycks and Gimpel 2016). */
const GELU_SLOPE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;
/** Added to the variance of a row before it is divided by. */
const NORMALISE_EPSILON = 1e-5;

/** Whether the running engine has our kernel of this name; the others compose the same from their own. */
function has(tf: TensorOperations, kernel: string): boolean {
  return (tf.getKernel(kernel, tf.getBackend()) as object | undefined) !== undefined;
}

function run(tf: TensorOperations, kernel: string, inputs: object, attributes: object = {}): Tensor | Tensor[] {
  return tf.engine().runKernel(kernel, inputs as never, attributes as never);
}

function one(result: Tensor | Tensor[] | undefined): Tensor {
  if (result === undefined || Array.isArray(result)) throw new TypeError('a kernel gives one tensor here');
  return result;
}

/** GELU in its tanh form: x/2 · (1 + tanh(√(2/π)(x + .044715 x³))), with its derivative. */
export function gelu(tf: TensorOperations, x: Tensor): Tensor {
  return has(tf, 'GuildhallGelu') ? fusedGelu(tf, x) : composedGelu(tf, x);
}

function fusedGelu(tf: TensorOperations, x: Tensor): Tensor {
  return tf.customGrad((...args) => {
    const [input, save] = differentiated(args);
    save([input]);
    return {
      value: one(run(tf, 'GuildhallGelu', { x: input })),
      gradFunc: (dy: Tensor, saved: Tensor[]) => one(run(tf, 'GuildhallGeluGradient', { x: one(saved[0]), dy })),
    };
  })(x);
}

function composedGelu(tf: TensorOperations, x: Tensor): Tensor {
  return tf.customGrad((...args) => {
    const [input, save] = differentiated(args);
    const square = tf.square(input);
    const tangent = tf.tanh(tf.mul(tf.mul(input, GELU_SLOPE), tf.add(1, tf.mul(square, GELU_CUBIC))));
    save([input, tangent]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [kept, t] = [one(saved[0]), one(saved[1])];
      const inner = tf.mul(tf.mul(kept, GELU_SLOPE), tf.add(1, tf.mul(tf.square(kept), 3 * GELU_CUBIC)));
      const bend = tf.mul(tf.sub(1, tf.square(t)), inner);
      return tf.mul(dy, tf.mul(0.5, tf.add(bend, tf.add(t, 1))));
    };
    return { value: tf.mul(tf.mul(input, 0.5), tf.add(tangent, 1)), gradFunc };
  })(x);
}

/**
 * Rows of mean 0 and variance 1 along the last axis: layer normalisation (Ba et al. 2016) without gain and bias.
 * @param x rank at least 2
 */
export function normalise(tf: TensorOperations, x: Tensor): Tensor {
  const fused = has(tf, 'GuildhallNormalise');
  return tf.customGrad((...args) => {
    const [input, save] = differentiated(args);
    const [y, scales] = fused ? fusedNormalise(tf, input) : composedNormalise(tf, input);
    save([y, scales]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const kept = { dy, y: one(saved[0]), scales: one(saved[1]) };
      return fused ? one(run(tf, 'GuildhallNormaliseGradient', kept)) : composedNormaliseGradient(tf, kept);
    };
    return { value: y, gradFunc };
  })(x);
}

function fusedNormalise(tf: TensorOperations, x: Tensor): [y: Tensor, scales: Tensor] {
  const result = run(tf, 'GuildhallNormalise', { x }, { epsilon: NORMALISE_EPSILON });
  if (!Array.isArray(result)) throw new TypeError('the kernel gives two tensors');
  return [one(result[0]), one(result[1])];
}

function composedNormalise(tf: TensorOperations, x: Tensor): [y: Tensor, scales: Tensor] {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  const scales = tf.rsqrt(tf.add(variance, NORMALISE_EPSILON));
  return [tf.mul(centred, scales), scales];
}

function composedNormaliseGradient(
  tf: TensorOperations,
  { dy, y, scales }: { readonly dy: Tensor; readonly y: Tensor; readonly scales: Tensor },
): Tensor {
  const along = tf.mul(y, tf.mean(tf.mul(dy, y), -1, true));
  return tf.mul(scales, tf.sub(tf.sub(dy, tf.mean(dy, -1, true)), along));
}

/** What tf.customGrad passes: the tensor, then the function that keeps tensors for the derivative. */
function differentiated(args: readonly unknown[]): [input: Tensor, save: (tensors: Tensor[]) => void] {
  return args as unknown as [Tensor, (tensors: Tensor[]) => void];
}

/** Parameters and moments of AdamW, each one flat tensor of the same length. */
export interface AdamWState {
  readonly parameters: Tensor1D;
  readonly first: Tensor1D;
  readonly second: Tensor1D;
}

/** One step's settings. */
export interface AdamWStep {
  /** 1-based. */
  readonly step: number;
  readonly learningRate: number;
  /** Share of each parameter that the step takes away: learning rate × weight decay, 0 where none is wanted. */
  readonly decays: Tensor1D;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/**
 * One step of AdamW (Loshchilov and Hutter 2019; β = .9, .999, ε = 1e−8, bias corrected) over flat buffers.
 * @returns the next state; the old one is the caller's to dispose
 */
export function adamW(tf: TensorOperations, state: AdamWState, gradient: Tensor1D, step: AdamWStep): AdamWState {
  const rate = step.learningRate / (1 - BETA1 ** step.step);
  const rootScale = 1 / Math.sqrt(1 - BETA2 ** step.step);
  if (has(tf, 'GuildhallAdamW')) {
    const inputs = { ...state, gradient, decays: step.decays };
    const next = run(tf, 'GuildhallAdamW', inputs, { rate, beta1: BETA1, beta2: BETA2, rootScale, epsilon: EPSILON });
    const [parameters, first, second] = next as Tensor1D[];
    return { parameters: one(parameters) as Tensor1D, first: one(first) as Tensor1D, second: one(second) as Tensor1D };
  }
  return tf.tidy(() => {
    const first = tf.add<Tensor1D>(tf.mul(state.first, BETA1), tf.mul(gradient, 1 - BETA1));
    const second = tf.add<Tensor1D>(tf.mul(state.second, BETA2), tf.mul(tf.square(gradient), 1 - BETA2));
    const movement = tf.div(first, tf.add(tf.mul(tf.sqrt(second), rootScale), EPSILON));
    const kept = tf.sub(state.parameters, tf.mul(state.parameters, step.decays));
    return { parameters: tf.sub<Tensor1D>(kept, tf.mul(movement, rate)), first, second };
  });
}
