import { expect } from 'chai';
import { expectCode } from '../../expect-code.js';
import { adamW, ENGINE_NAMES, gelu, normalise, startEngine } from '../../../recommender/engine/index.js';
import type { Engine, EngineName } from '../../../recommender/engine/index.js';
import { standardNormal } from '../../../recommender/random.js';
import { seeded } from '../support/coins.js';

type Tensor = ReturnType<Engine['tf']['tensor']>;

const REFERENCE: EngineName = 'cpu';

function gaussians(length: number, seed: string): Float32Array {
  const random = seeded(seed);
  return Float32Array.from({ length }, () => standardNormal(random));
}

/** A loss through everything that a transformer uses, and its gradients by both operands. */
function lossAndGradients({ tf }: Engine): Float32Array[] {
  const [rows, width] = [12, 10];
  const loss = (a: Tensor, w: Tensor): Tensor => {
    const indices = tf.tensor1d([3, 0, 3, 11, 7, 7], 'int32');
    const hidden = gelu(tf, tf.matMul(normalise(tf, a), w));
    const heads = tf.transpose(tf.reshape(hidden, [2, 6, 2, 5]), [0, 2, 1, 3]);
    const attention = tf.softmax(tf.matMul<Tensor>(heads, heads, false, true));
    const mixed = tf.reshape(tf.transpose(tf.matMul<Tensor>(attention, heads), [0, 2, 1, 3]), [rows, width]);
    const chosen = tf.gather(tf.add(mixed, a), indices);
    const length = tf.rsqrt(tf.add(tf.sum(tf.square(chosen), -1, true), 1e-6));
    return tf.neg(tf.sum(tf.logSoftmax(tf.mul(chosen, length))));
  };
  return tf.tidy(() => {
    const x = tf.tensor2d(gaussians(rows * width, 'x'), [rows, width]);
    const weights = tf.tensor2d(gaussians(width * width, 'weights'), [width, width]);
    const { value, grads } = tf.valueAndGrads(loss)([x, weights]);
    return [value, ...grads].map((tensor) => Float32Array.from(tensor.dataSync<'float32'>()));
  });
}

function adamWSteps({ tf }: Engine): Float32Array[] {
  const length = 1003;
  return tf.tidy(() => {
    const zeros = (): Tensor => tf.zeros([length]);
    let state = { parameters: tf.tensor1d(gaussians(length, 'p')), first: zeros(), second: zeros() } as Parameters<
      typeof adamW
    >[1];
    const decays = tf.tensor1d(Float32Array.from({ length }, (_, i) => (i % 2) * 1e-3));
    for (let step = 1; step <= 5; step += 1) {
      state = adamW(tf, state, tf.tensor1d(gaussians(length, `g${step}`)), { step, learningRate: 0.01, decays });
    }
    return [state.parameters, state.first, state.second].map((part) => Float32Array.from(part.dataSync<'float32'>()));
  });
}

/** AdamW in double precision, as its paper writes it. */
function adamWByHand(): Float64Array {
  const parameters = Float64Array.from(gaussians(1003, 'p'));
  const [first, second] = [new Float64Array(1003), new Float64Array(1003)];
  for (let step = 1; step <= 5; step += 1) {
    gaussians(1003, `g${step}`).forEach((gradient, i) => {
      first[i] = 0.9 * (first[i] ?? 0) + 0.1 * gradient;
      second[i] = 0.999 * (second[i] ?? 0) + 0.001 * gradient ** 2;
      const movement = (first[i] ?? 0) / (1 - 0.9 ** step) / (Math.sqrt((second[i] ?? 0) / (1 - 0.999 ** step)) + 1e-8);
      parameters[i] = (parameters[i] ?? 0) * (1 - (i % 2) * 1e-3) - 0.01 * movement;
    });
  }
  return parameters;
}

function closeTo(found: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(found.length).to.equal(expected.length);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  found.forEach((value, at) =>
    expect(value, `entry ${at}`).to.be.closeTo(expected[at] ?? Number.NaN, tolerance * scale),
  );
}

describe('the engines', () => {
  after(() => startEngine({ only: 'wasm' }));

  it('are tried from the best, and say of each what became of it', async () => {
    const engine = await startEngine();
    expect(engine.attempts.map(({ name }) => name)).to.deep.equal(ENGINE_NAMES.slice(0, engine.attempts.length));
    expect(engine.attempts.at(-1)).to.include({ name: engine.name, outcome: 'chosen' });
    for (const { outcome, reason } of engine.attempts.slice(0, -1)) {
      expect(outcome).to.not.equal('chosen');
      expect(reason).to.match(/\S/);
    }
  });

  for (const name of ENGINE_NAMES.filter((other) => other !== REFERENCE)) {
    describe(name, () => {
      let engine: Engine;

      before(async function () {
        try {
          engine = await startEngine({ only: name });
        } catch (error) {
          expectCode(() => {
            throw error;
          }, 'ENGINE_UNAVAILABLE');
          this.skip();
        }
      });

      it('agrees with plain JavaScript in losses and gradients', async () => {
        const found = lossAndGradients(engine);
        const expected = lossAndGradients(await startEngine({ only: REFERENCE }));
        await startEngine({ only: name });
        expected.forEach((values, at) => closeTo(found[at] ?? new Float32Array(), values, 1e-5));
      });

      it('steps AdamW as the paper has it', async () => {
        const [parameters = new Float32Array()] = adamWSteps(engine);
        closeTo(parameters, Float32Array.from(adamWByHand()), 1e-6);
      });

      it('gives the same bits twice', () => {
        expect(lossAndGradients(engine)).to.deep.equal(lossAndGradients(engine));
        expect(adamWSteps(engine)).to.deep.equal(adamWSteps(engine));
      });

      it('leaves no tensor behind', () => {
        lossAndGradients(engine);
        const before = engine.tf.memory().numTensors;
        lossAndGradients(engine);
        adamWSteps(engine);
        expect(engine.tf.memory().numTensors).to.equal(before);
      });
    });
  }
});
