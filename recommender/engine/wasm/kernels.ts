import type { TensorInfo } from '@tensorflow/tfjs-core';
import { KERNELS_BASE64 } from './binary.js';

/** The part of WebAssembly's API that is used here; the types of Node 20 leave it out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: object } },
  ) => { readonly exports: unknown };
  readonly Memory: new (descriptor: { readonly initial: number }) => object;
};

/** A byte offset into the memory of TF.js. */
export type Pointer = number;

/** What assembly/index.ts exports; sizes in elements. See there for what each does. */
export interface Kernels {
  readonly gemm: (
    a: Pointer,
    b: Pointer,
    c: Pointer,
    batch: number,
    m: number,
    n: number,
    k: number,
    transposeA: number,
    transposeB: number,
    strideA: number,
    strideB: number,
    work: Pointer,
    more: number,
  ) => void;
  readonly permute: (from: Pointer, to: Pointer, rank: number, plan: Pointer) => void;
  readonly gather: (table: Pointer, indices: Pointer, to: Pointer, count: number, width: number) => void;
  readonly segmentSum: (
    from: Pointer,
    segments: Pointer,
    to: Pointer,
    count: number,
    width: number,
    segmentCount: number,
  ) => void;
  readonly addRow: (x: Pointer, row: Pointer, y: Pointer, rows: number, width: number) => void;
  readonly multiplyRow: (x: Pointer, row: Pointer, y: Pointer, rows: number, width: number) => void;
  readonly addColumn: (x: Pointer, column: Pointer, y: Pointer, rows: number, width: number) => void;
  readonly multiplyColumn: (x: Pointer, column: Pointer, y: Pointer, rows: number, width: number) => void;
  readonly sumColumns: (x: Pointer, y: Pointer, rows: number, width: number) => void;
  readonly sumRows: (x: Pointer, y: Pointer, rows: number, width: number) => void;
  readonly gelu: (x: Pointer, y: Pointer, count: number) => void;
  readonly geluGradient: (x: Pointer, dy: Pointer, dx: Pointer, count: number) => void;
  readonly geluWithSlope: (x: Pointer, y: Pointer, slope: Pointer, count: number) => void;
  readonly normalise: (x: Pointer, y: Pointer, scales: Pointer, rows: number, width: number, epsilon: number) => void;
  readonly normaliseGradient: (
    dy: Pointer,
    y: Pointer,
    scales: Pointer,
    dx: Pointer,
    rows: number,
    width: number,
  ) => void;
  readonly adamW: (
    parameters: Pointer,
    gradient: Pointer,
    first: Pointer,
    second: Pointer,
    decays: Pointer,
    nextParameters: Pointer,
    nextFirst: Pointer,
    nextSecond: Pointer,
    count: number,
    rate: number,
    beta1: number,
    beta2: number,
    rootScale: number,
    epsilon: number,
  ) => void;
  readonly attention: (
    query: Pointer,
    key: Pointer,
    value: Pointer,
    shares: Pointer,
    mixed: Pointer,
    offsets: Pointer,
    segments: number,
    newest: number,
    heads: number,
    each: number,
    stride: number,
  ) => void;
  readonly attentionGradient: (
    query: Pointer,
    key: Pointer,
    value: Pointer,
    shares: Pointer,
    mixedGradient: Pointer,
    queryGradient: Pointer,
    keyGradient: Pointer,
    valueGradient: Pointer,
    offsets: Pointer,
    segments: number,
    newest: number,
    heads: number,
    each: number,
    stride: number,
    work: Pointer,
  ) => void;
  readonly choice: (
    cosine: Pointer,
    last: Pointer,
    mean: Pointer,
    own: Pointer,
    targets: Pointer,
    negatives: Pointer,
    rows: number,
    count: number,
    scale: number,
    g1: number,
    g2: number,
    weight: number,
    slopes: Pointer,
    ownSlopes: Pointer,
    losses: Pointer,
  ) => void;
  readonly dropped: (x: Pointer, coins: Pointer, y: Pointer, count: number, threshold: number, kept: number) => void;
  readonly gramProduct: (
    a: Pointer,
    widthA: number,
    g: Pointer,
    widthG: number,
    offsets: Pointer,
    segments: number,
    one: number,
    squares: Pointer,
    work: Pointer,
  ) => void;
  readonly segmentSquares: (x: Pointer, width: number, offsets: Pointer, segments: number, squares: Pointer) => void;
  readonly scaleSegments: (x: Pointer, width: number, offsets: Pointer, segments: number, factors: Pointer) => void;
  readonly gainSums: (
    x: Pointer,
    y: Pointer,
    width: number,
    offsets: Pointer,
    segments: number,
    gains: Pointer,
    biases: Pointer,
  ) => void;
  readonly negativeSquares: (
    g: Pointer,
    texts: Pointer,
    vectors: Pointer,
    u: Pointer,
    d: Pointer,
    w: Pointer,
    cosine: Pointer,
    dAmong: Pointer,
    wAmong: Pointer,
    width: number,
    count: number,
    offsets: Pointer,
    segments: number,
    squares: Pointer,
  ) => void;
  readonly unitRows: (x: Pointer, y: Pointer, inverse: Pointer, rows: number, width: number) => void;
  readonly unitGradient: (dy: Pointer, y: Pointer, inverse: Pointer, dx: Pointer, rows: number, width: number) => void;
  readonly innerRows: (x: Pointer, y: Pointer, out: Pointer, step: number, rows: number, width: number) => void;
}

/** The kernels and the memory they work on, for passes that are written out without TF.js's tensors in between. */
export interface DirectAccess {
  readonly kernels: Kernels;
  readonly memory: TensorMemory;
}

/** The memory of tfjs-backend-wasm, for kernels that read and write it in place. */
export class TensorMemory {
  readonly #backend: WasmBackend;
  #scratch: { readonly at: Pointer; readonly bytes: number } | undefined;

  /** @throws TypeError when the backend is not built as version 4.22 is */
  constructor(backend: unknown) {
    if (!isWasmBackend(backend)) throw new TypeError('tfjs-backend-wasm is not built as expected.');
    this.#backend = backend;
  }

  /** The kernels, compiled and bound to this memory. @throws WebAssembly.CompileError where there is no SIMD */
  kernels(): Kernels {
    const module = new WebAssembly.Module(Buffer.from(KERNELS_BASE64, 'base64'));
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#backend.wasm.asm.memory } });
    return exports as Kernels;
  }

  /** Where a tensor's values lie. */
  at(tensor: TensorInfo): Pointer {
    return this.#backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /** An int32 tensor's values; valid until the next allocation. */
  integers(tensor: TensorInfo): Int32Array {
    const [bytes, at] = [this.#backend.wasm.HEAPU8, this.at(tensor)];
    return new Int32Array(
      bytes.buffer,
      at,
      tensor.shape.reduce((size, extent) => size * extent, 1),
    );
  }

  /** A new tensor of unspecified values. */
  allocate(shape: readonly number[], dtype: TensorInfo['dtype'] = 'float32'): TensorInfo {
    return this.#backend.makeOutput([...shape], dtype);
  }

  /** The same values under another owner. */
  share(tensor: TensorInfo): TensorInfo {
    this.#backend.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: tensor.shape, dtype: tensor.dtype };
  }

  /** Copies values from one tensor's memory to another's. */
  copy(from: Pointer, to: Pointer, bytes: number): void {
    this.#backend.wasm.HEAPU8.copyWithin(to, from, from + bytes);
  }

  /** At least so many bytes that the next call may overwrite; grows and is kept. */
  scratch(bytes: number): Pointer {
    if (this.#scratch === undefined || this.#scratch.bytes < bytes) {
      const { wasm } = this.#backend;
      if (this.#scratch !== undefined) wasm._free(this.#scratch.at);
      this.#scratch = undefined;
      const at = wasm._malloc(bytes) >>> 0;
      if (at === 0) throw new RangeError(`The engine has no ${bytes} bytes left.`);
      this.#scratch = { at, bytes };
    }
    return this.#scratch.at;
  }

  /** All memory as float32, by pointer / 4; valid until the next allocation. */
  floats(): Float32Array {
    return new Float32Array(this.#backend.wasm.HEAPU8.buffer);
  }

  /** All memory as bytes; valid until the next allocation. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#backend.wasm.HEAPU8.buffer);
  }

  /** Writes words to scratch memory. */
  write(at: Pointer, words: ArrayLike<number>): void {
    new Uint32Array(this.#backend.wasm.HEAPU8.buffer, at, words.length).set(words);
  }
}

/** The fields of the backend that are used; some are not in its types. */
interface WasmBackend {
  readonly wasm: {
    readonly HEAPU8: Uint8Array;
    readonly asm: { readonly memory: object };
    _malloc(bytes: number): number;
    _free(at: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
  makeOutput(shape: number[], dtype: TensorInfo['dtype']): TensorInfo;
  incRef(dataId: object): void;
}

function isWasmBackend(value: unknown): value is WasmBackend {
  if (typeof value !== 'object' || value === null || !('wasm' in value) || !('dataIdMap' in value)) return false;
  const { wasm } = value;
  if (typeof wasm !== 'object' || wasm === null || !('asm' in wasm) || !('HEAPU8' in wasm)) return false;
  const { asm } = wasm;
  return typeof asm === 'object' && asm !== null && 'memory' in asm && asm.memory instanceof WebAssembly.Memory;
}
