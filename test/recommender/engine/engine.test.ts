import { expect } from 'chai';
import fc from 'fast-check';
import {
  hubness,
  loadEngine,
  neighbours,
  similarityBlocks,
  transposeItems,
} from '../../../recommender/engine/index.js';
import type { Engine } from '../../../recommender/engine/index.js';
import { standardNormal } from '../../../recommender/random.js';
import { seeded } from '../support/coins.js';

function gaussians(length: number, seed: string): Float32Array {
  const random = seeded(seed);
  return Float32Array.from({ length }, () => standardNormal(random));
}

function inner(a: Float32Array, rowA: number, b: Float32Array, rowB: number, dimensions: number): number {
  let sum = 0;
  for (let d = 0; d < dimensions; d++) sum += (a[rowA * dimensions + d] ?? 0) * (b[rowB * dimensions + d] ?? 0);
  return sum;
}

describe('the engine', () => {
  let engine: Engine;

  before(async () => {
    engine = await loadEngine();
  });

  it('is one a process, and WebAssembly where no native one is installed', async () => {
    expect(await loadEngine()).to.equal(engine);
    const natives = engine.attempts.filter(({ name, outcome }) => name.startsWith('tfjs') && outcome === 'chosen');
    if (natives.length > 0) return;
    expect(engine.name).to.equal('wasm');
    expect(engine.tf.getBackend()).to.equal('wasm');
  });

  it('gives inner products in blocks that join to the whole product', () => {
    const dimensions = 7;
    const queries = gaussians(5 * dimensions, 'queries');
    const items = gaussians(11 * dimensions, 'items');
    const transposed = transposeItems(items, dimensions);
    const starts: number[] = [];
    for (const { start, rows, scores } of similarityBlocks(engine, queries, transposed, { blockRows: 2 })) {
      starts.push(start);
      for (let row = 0; row < rows; row++) {
        for (let item = 0; item < 11; item++) {
          expect(scores[row * 11 + item]).to.be.closeTo(inner(queries, start + row, items, item, dimensions), 1e-4);
        }
      }
    }
    expect(starts).to.deep.equal([0, 2, 4]);
  });

  it('leaves no tensor behind, even when the reader of blocks stops early', () => {
    const { tf } = engine;
    const before = tf.memory().numTensors;
    const transposed = transposeItems(gaussians(40, 'few'), 4);
    for (const block of similarityBlocks(engine, gaussians(40, 'asked'), transposed, { blockRows: 3 })) {
      if (block.start === 3) break;
    }
    neighbours(engine, gaussians(40, 'few'), 4, 3);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('refuses queries of another width', () => {
    const transposed = transposeItems(gaussians(8, 'items'), 4);
    expect(() => Array.from(similarityBlocks(engine, gaussians(7, 'queries'), transposed))).to.throw(RangeError);
  });

  describe('neighbours', () => {
    it('are those of an exhaustive search, nearest first', () => {
      const [items, dimensions, count] = [700, 6, 9];
      const vectors = gaussians(items * dimensions, 'neighbours');
      const found = neighbours(engine, vectors, dimensions, count);
      for (const item of [0, 1, 350, 511, 512, 699]) {
        const others = Array.from({ length: items }, (_, other) => other).filter((other) => other !== item);
        const similarity = (other: number) => inner(vectors, item, vectors, other, dimensions);
        const nearest = others.sort((a, b) => similarity(b) - similarity(a)).slice(0, count);
        expect(Array.from(found.indices.subarray(item * count, (item + 1) * count))).to.deep.equal(nearest);
        expect(found.similarities[item * count]).to.be.closeTo(similarity(nearest[0] ?? 0), 1e-4);
      }
    });

    it('break ties by the lower index', () => {
      const vectors = new Float32Array(2 * 6).fill(1);
      const { indices } = neighbours(engine, vectors, 2, 3);
      expect(Array.from(indices.subarray(0, 3))).to.deep.equal([1, 2, 3]);
      expect(Array.from(indices.subarray(15, 18))).to.deep.equal([0, 1, 2]);
    });

    it('are all other items where the catalogue is small, and none for one item', () => {
      expect(neighbours(engine, Float32Array.of(1, 2, 3), 1, 50).count).to.equal(2);
      expect(neighbours(engine, Float32Array.of(1), 1, 50)).to.deep.include({ count: 0, indices: new Int32Array() });
    });

    it('give the hubness as the mean of the nearest similarities', () => {
      const of = { count: 3, indices: new Int32Array(6), similarities: Float32Array.of(0.75, 0.25, 0, 1, 0.5, 0.25) };
      expect(Array.from(hubness(of, 2))).to.deep.equal([0.5, 0.75]);
    });
  });

  describe('derivatives', () => {
    type Scalar = ReturnType<Engine['tf']['scalar']>;
    type Tensor = ReturnType<Engine['tf']['tensor']>;
    type Rule = (tf: Engine['tf'], a: Tensor, b: Tensor) => Tensor;
    const rules: Record<string, { readonly shapes: readonly [number[], number[]]; readonly of: Rule }> = {
      matMul: {
        shapes: [
          [2, 3],
          [3, 2],
        ],
        of: (tf, a, b) => tf.matMul<Tensor>(a, b),
      },
      'matMul, left transposed': {
        shapes: [
          [3, 2],
          [3, 2],
        ],
        of: (tf, a, b) => tf.matMul<Tensor>(a, b, true, false),
      },
      'matMul, right transposed': {
        shapes: [
          [2, 3],
          [2, 3],
        ],
        of: (tf, a, b) => tf.matMul<Tensor>(a, b, false, true),
      },
      'matMul, both transposed': {
        shapes: [
          [3, 2],
          [2, 3],
        ],
        of: (tf, a, b) => tf.matMul<Tensor>(a, b, true, true),
      },
      'add, broadcast': { shapes: [[2, 3], [3]], of: (tf, a, b) => tf.add(a, b) },
      'sub, broadcast': { shapes: [[3], [2, 3]], of: (tf, a, b) => tf.sub(a, b) },
      'mul, broadcast': {
        shapes: [
          [2, 3],
          [2, 1],
        ],
        of: (tf, a, b) => tf.mul(a, b),
      },
      div: { shapes: [[2, 3], [3]], of: (tf, a, b) => tf.div(a, tf.add(2.5, tf.square(b as never))) },
      'relu, neg and exp': {
        shapes: [[4], [4]],
        of: (tf, a, b) => tf.mul(tf.relu(a as never), tf.exp(tf.neg(b as never))),
      },
      'sqrt and log': {
        shapes: [[4], [4]],
        of: (tf, a, b) => tf.log(tf.add(tf.sqrt(tf.exp(a as never)), tf.exp(b as never))),
      },
      'tanh and sigmoid': { shapes: [[4], [4]], of: (tf, a, b) => tf.mul(tf.tanh(a as never), tf.sigmoid(b as never)) },
      'sum and mean over an axis': {
        shapes: [
          [2, 3],
          [2, 3],
        ],
        of: (tf, a, b) => tf.mul(tf.sum(a as never, 1), tf.mean(tf.square(b as never), 1)),
      },
      softmax: {
        shapes: [
          [2, 3],
          [2, 3],
        ],
        of: (tf, a, b) => tf.mul(tf.softmax(a as never), b),
      },
      logSoftmax: {
        shapes: [
          [2, 3],
          [2, 3],
        ],
        of: (tf, a, b) => tf.mul(tf.logSoftmax(a as never), b),
      },
      'reshape, transpose and expandDims': {
        shapes: [
          [2, 3],
          [3, 2],
        ],
        of: (tf, a, b) => tf.mul(tf.expandDims(tf.transpose(a as never), 0), tf.reshape(b as never, [1, 3, 2])),
      },
      'gather with repeated rows': {
        shapes: [
          [3, 2],
          [4, 2],
        ],
        of: (tf, a, b) => tf.mul(tf.gather(a as never, tf.tensor1d([2, 0, 2, 2], 'int32')), b),
      },
      'slice and concat': {
        shapes: [
          [3, 2],
          [3, 1],
        ],
        of: (tf, a, b) => tf.square(tf.concat<Tensor>([tf.slice(a, [0, 1], [3, 1]), b, a], 1)),
      },
      cast: { shapes: [[3], [3]], of: (tf, a, b) => tf.mul(tf.cast(a as never, 'float32'), b) },
    };

    for (const [name, { shapes, of }] of Object.entries(rules)) {
      it(`of ${name} are those of finite differences`, () => {
        const { tf } = engine;
        const [left, right] = shapes.map((shape, at) =>
          gaussians(
            shape.reduce((a, b) => a * b, 1),
            `${name} ${at}`,
          ),
        );
        if (left === undefined || right === undefined) throw new Error('two operands');
        const loss = (a: Tensor, b: Tensor): Scalar => {
          const out = of(tf, a, b);
          const weights = tf.tensor(gaussians(out.size, `${name} weights`), out.shape);
          return tf.sum(tf.mul(out, weights));
        };
        const at = (a: Float32Array, b: Float32Array): number =>
          tf.tidy(() => loss(tf.tensor(a, shapes[0]), tf.tensor(b, shapes[1])).dataSync<'float32'>()[0] ?? Number.NaN);
        const gradients = tf.tidy(() =>
          tf
            .grads(loss as never)([tf.tensor(left, shapes[0]), tf.tensor(right, shapes[1])])
            .map((gradient) => Float32Array.from(gradient.dataSync<'float32'>())),
        );
        const step = 1e-2;
        [left, right].forEach((operand, which) => {
          operand.forEach((value, position) => {
            const moved = (by: number) => {
              const changed = operand.with(position, value + by);
              return which === 0 ? at(changed, right) : at(left, changed);
            };
            const difference = (moved(step) - moved(-step)) / (2 * step);
            expect(gradients[which]?.[position], `operand ${which}, entry ${position}`).to.be.closeTo(difference, 0.01);
          });
        });
      });
    }

    it('are compared with a tolerance that a wrong sign would break', () => {
      fc.assert(
        fc.property(fc.double({ min: 0.1, max: 2, noNaN: true }), (value) => {
          const gradient =
            engine.tf
              .grad((x) => engine.tf.square(x))(engine.tf.scalar(value))
              .dataSync()[0] ?? 0;
          expect(Math.abs(gradient + 2 * value)).to.be.greaterThan(0.01);
        }),
      );
    });
  });
});
