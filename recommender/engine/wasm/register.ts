import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { TensorOperations } from '../types.js';
import { broadcastOf } from './broadcast.js';
import { TensorMemory } from './kernels.js';
import type { DirectAccess, Kernels } from './kernels.js';
import { permutationPlan } from './permutation.js';

type KernelFunction = (args: KernelArguments) => TensorInfo | TensorInfo[];

interface KernelArguments {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly backend: object;
  readonly attrs?: Readonly<Record<string, unknown>>;
}

/** What a replaced kernel is given: its inputs, attributes, memory, and the way back to the stock kernel. */
interface Call {
  readonly attribute: (name: string) => unknown;
  readonly input: (name: string) => TensorInfo;
}

/** Returns undefined where the stock kernel has to do it. */
type Replacement = (call: Call) => TensorInfo | TensorInfo[] | undefined;

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

/** Where gemm packs transposed rows of A, in elements (assembly/gemm.ts). */
const PACKED_ROWS = 64 * 256;
/** Columns of a panel of B. */
const PANEL = 8;
const HIGHEST_RANK = 8;

/**
 * Replaces the slow kernels of tfjs-backend-wasm 4.22 with our own, adds those that it lacks, and registers the fused
 * ones of operations.ts. What ours do not cover (other types, ranks, broadcasts) goes to the stock kernel as before.
 *
 * The stock ones take slow paths for products with a transpose or a batch, transpositions of high rank, gathers and
 * row broadcasts; copy in Identity; and lack UnsortedSegmentSum, the gradient of a gather.
 * @throws WebAssembly.CompileError where WebAssembly has no SIMD, TypeError on another build of the backend
 */
export function registerWasmKernels(tf: TensorOperations): DirectAccess {
  const memory = new TensorMemory(tf.backend());
  const kernels = memory.kernels();
  for (const [name, replacement] of Object.entries({
    ...products(kernels, memory),
    ...layout(tf, kernels, memory),
    ...broadcasts(kernels, memory),
    ...reductions(tf, kernels, memory),
    ...fused(kernels, memory),
  })) {
    replace(tf, name, replacement);
  }
  return { kernels, memory };
}

function replace(tf: TensorOperations, kernelName: string, replacement: Replacement): void {
  const stock = tf.getKernel(kernelName, 'wasm') as { readonly kernelFunc: KernelFunction } | undefined;
  if (stock !== undefined) tf.unregisterKernel(kernelName, 'wasm');
  const kernelFunc: KernelFunction = (args) => {
    const result = replacement({
      attribute: (name) => args.attrs?.[name],
      input: (name) => {
        const tensor = args.inputs[name];
        if (tensor === undefined) throw new TypeError(`${kernelName} has no input ${name}.`);
        return tensor;
      },
    });
    if (result !== undefined) return result;
    if (stock === undefined) throw new TypeError(`The wasm engine has no ${kernelName} for these tensors.`);
    return stock.kernelFunc(args);
  };
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: kernelFunc as never });
}

const isFloat = (...tensors: readonly TensorInfo[]): boolean => tensors.every(({ dtype }) => dtype === 'float32');

function products(kernels: Kernels, memory: TensorMemory): Record<string, Replacement> {
  return {
    BatchMatMul({ input, attribute }) {
      const [a, b] = [input('a'), input('b')];
      if (!isFloat(a, b)) return undefined;
      const [transposeA, transposeB] = [attribute('transposeA') === true, attribute('transposeB') === true];
      const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
      const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
      let m = transposeA ? columnsA : rowsA;
      const k = transposeA ? rowsA : columnsA;
      const n = transposeB ? rowsB : columnsB;
      const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
      const [batchA, batchB] = [sizeOf(outerA), sizeOf(outerB)];
      const same = outerA.length === outerB.length && outerA.every((extent, axis) => extent === outerB[axis]);
      if ((!same && batchA !== 1 && batchB !== 1) || m * n * k * batchA * batchB === 0) return undefined;
      const outer = batchA > batchB || outerA.length > outerB.length ? outerA : outerB;
      const result = memory.allocate([...outer, m, n]);
      let batch = Math.max(batchA, batchB);
      if (batchB === 1 && !transposeA) {
        // One B for all: the batch is more rows of A.
        m *= batch;
        batch = 1;
      }
      const work = memory.scratch(4 * (k * PANEL * Math.ceil(n / PANEL) + PACKED_ROWS));
      const [strideA, strideB] = [batchA === 1 ? 0 : m * k, batchB === 1 ? 0 : k * n];
      const [atA, atB, atC] = [memory.at(a), memory.at(b), memory.at(result)];
      kernels.gemm(atA, atB, atC, batch, m, n, k, Number(transposeA), Number(transposeB), strideA, strideB, work, 0);
      return result;
    },
  };
}

function layout(tf: TensorOperations, kernels: Kernels, memory: TensorMemory): Record<string, Replacement> {
  return {
    Identity: ({ input }) => (input('x').dtype === 'string' ? undefined : memory.share(input('x'))),

    Transpose({ input, attribute }) {
      const x = input('x');
      if ((x.dtype !== 'float32' && x.dtype !== 'int32') || sizeOf(x.shape) === 0) return undefined;
      const plan = permutationPlan(x.shape, attribute('perm') as number[]);
      const rank = plan.sizes.length;
      if (rank > HIGHEST_RANK) return undefined;
      const result = memory.allocate(plan.shape, x.dtype);
      const words = [...plan.sizes, ...plan.strides, ...plan.sizes.map(() => 0)];
      const at = memory.scratch(4 * words.length);
      memory.write(at, words);
      kernels.permute(memory.at(x), memory.at(result), rank, at);
      return result;
    },

    // The stock kernel reads the whole tensor out for every slice of it.
    Slice({ input, attribute }) {
      const x = input('x');
      if (x.dtype !== 'float32' && x.dtype !== 'int32') return undefined;
      const { begin, size } = { begin: attribute('begin') as number[], size: attribute('size') as number[] };
      const [starts = [], sizes = []] = tf.slice_util.parseSliceParams(x, begin, size);
      tf.slice_util.assertParamsValid(x, starts, sizes);
      if (!tf.slice_util.isSliceContinous(x.shape, starts, sizes)) return undefined;
      const offset = tf.slice_util.computeFlatOffset(starts, tf.util.computeStrides(x.shape));
      const result = memory.allocate(sizes, x.dtype);
      memory.copy(memory.at(x) + 4 * offset, memory.at(result), 4 * sizeOf(sizes));
      return result;
    },

    GatherV2({ input, attribute }) {
      const [x, indices] = [input('x'), input('indices')];
      const axis = tf.util.parseAxisParam(attribute('axis') as number, x.shape)[0];
      if (axis !== 0 || attribute('batchDims') !== 0 || x.dtype === 'bool' || x.dtype === 'string') return undefined;
      const [rows = 0, ...rest] = x.shape;
      const result = memory.allocate([...indices.shape, ...rest], x.dtype);
      // Read after the allocation, which may move the memory.
      for (const index of memory.integers(indices)) {
        if (index < 0 || index >= rows) throw new RangeError(`gather: there is no row ${index} among ${rows}`);
      }
      kernels.gather(memory.at(x), memory.at(indices), memory.at(result), sizeOf(indices.shape), sizeOf(rest));
      return result;
    },

    UnsortedSegmentSum({ input, attribute }) {
      const [x, segments] = [input('x'), input('segmentIds')];
      if (!isFloat(x) || segments.shape.length !== 1) return undefined;
      const count = attribute('numSegments') as number;
      const [rows = 0, ...rest] = x.shape;
      const result = memory.allocate([count, ...rest]);
      for (const segment of memory.integers(segments)) {
        if (segment >= count) throw new RangeError(`unsortedSegmentSum: there is no segment ${segment} among ${count}`);
      }
      kernels.segmentSum(memory.at(x), memory.at(segments), memory.at(result), rows, sizeOf(rest), count);
      return result;
    },
  };
}

function broadcasts(kernels: Kernels, memory: TensorMemory): Record<string, Replacement> {
  const commutative =
    (byRow: Kernels['addRow'], byColumn: Kernels['addColumn']): Replacement =>
    ({ input }) => {
      const [a, b] = [input('a'), input('b')];
      if (!isFloat(a, b)) return undefined;
      const [large, small] = sizeOf(a.shape) >= sizeOf(b.shape) ? [a, b] : [b, a];
      const broadcast = broadcastOf(large.shape, small.shape);
      if (broadcast === undefined) return undefined;
      const result = memory.allocate(large.shape);
      const apply = broadcast.kind === 'row' ? byRow : byColumn;
      apply(memory.at(large), memory.at(small), memory.at(result), broadcast.rows, broadcast.width);
      return result;
    };
  return {
    Add: commutative(kernels.addRow, kernels.addColumn),
    Multiply: commutative(kernels.multiplyRow, kernels.multiplyColumn),
  };
}

function reductions(tf: TensorOperations, kernels: Kernels, memory: TensorMemory): Record<string, Replacement> {
  return {
    Sum({ input, attribute }) {
      const x = input('x');
      const axes = tf.util.parseAxisParam(attribute('axis') as number | number[], x.shape).sort((a, b) => a - b);
      const rank = x.shape.length;
      if (!isFloat(x) || axes.length === 0 || sizeOf(x.shape) === 0) return undefined;
      const leading = axes.every((axis, position) => axis === position);
      const trailing = axes.every((axis, position) => axis === rank - axes.length + position);
      if (!leading && !trailing) return undefined;
      const summed = new Set(axes);
      const shape =
        attribute('keepDims') === true
          ? x.shape.map((extent, axis) => (summed.has(axis) ? 1 : extent))
          : x.shape.filter((_, axis) => !summed.has(axis));
      const result = memory.allocate(shape);
      const width = sizeOf(x.shape.slice(trailing ? rank - axes.length : axes.length));
      const sum = trailing ? kernels.sumRows : kernels.sumColumns;
      sum(memory.at(x), memory.at(result), sizeOf(x.shape) / width, width);
      return result;
    },
  };
}

/** The kernels behind operations.ts. */
function fused(kernels: Kernels, memory: TensorMemory): Record<string, Replacement> {
  return {
    GuildhallGelu({ input }) {
      const x = input('x');
      const y = memory.allocate(x.shape);
      kernels.gelu(memory.at(x), memory.at(y), sizeOf(x.shape));
      return y;
    },
    GuildhallGeluGradient({ input }) {
      const [x, dy] = [input('x'), input('dy')];
      const dx = memory.allocate(x.shape);
      kernels.geluGradient(memory.at(x), memory.at(dy), memory.at(dx), sizeOf(x.shape));
      return dx;
    },
    GuildhallNormalise({ input, attribute }) {
      const x = input('x');
      const width = x.shape.at(-1) ?? 1;
      const y = memory.allocate(x.shape);
      const scales = memory.allocate([...x.shape.slice(0, -1), 1]);
      const rows = sizeOf(scales.shape);
      kernels.normalise(memory.at(x), memory.at(y), memory.at(scales), rows, width, attribute('epsilon') as number);
      return [y, scales];
    },
    GuildhallNormaliseGradient({ input }) {
      const [dy, y, scales] = [input('dy'), input('y'), input('scales')];
      const dx = memory.allocate(y.shape);
      const [rows, width] = [sizeOf(scales.shape), y.shape.at(-1) ?? 1];
      kernels.normaliseGradient(memory.at(dy), memory.at(y), memory.at(scales), memory.at(dx), rows, width);
      return dx;
    },
    GuildhallAdamW({ input, attribute }) {
      const [parameters, gradient] = [input('parameters'), input('gradient')];
      const [first, second, decays] = [input('first'), input('second'), input('decays')];
      const next = [memory.allocate(parameters.shape), memory.allocate(first.shape), memory.allocate(second.shape)];
      const pointers = [parameters, gradient, first, second, decays, ...next].map((tensor) => memory.at(tensor));
      const scalars = ['rate', 'beta1', 'beta2', 'rootScale', 'epsilon'].map((name) => attribute(name) as number);
      const all = [...pointers, sizeOf(parameters.shape), ...scalars];
      kernels.adamW(...(all as Parameters<Kernels['adamW']>));
      return next;
    },
  };
}
