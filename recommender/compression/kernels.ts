import { KERNELS_BASE64 } from './binary.js';
import { IS_LITTLE_ENDIAN } from './byte-order.js';
import { plainKernels } from './plain-kernels.js';
import type { ScoringKernels } from './plain-kernels.js';

/** The part of WebAssembly's API that is used here; the types of Node 20 leave it out. */
declare const WebAssembly:
  | {
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (
        module: object,
        imports: { readonly env: { readonly memory: object } },
      ) => { readonly exports: unknown };
      readonly Memory: new (descriptor: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
    }
  | undefined;

/** Some memory and the kernels over it. */
export interface ScoringMemory {
  readonly buffer: ArrayBuffer;
  readonly kernels: ScoringKernels;
}

/** Bytes of a page of WebAssembly memory. */
const PAGE = 65_536;

/**
 * At least so many bytes of zeros, and kernels over them: WebAssembly, or plain JavaScript where that is
 * refused or orders bytes otherwise.
 */
export function scoringMemory(bytes: number): ScoringMemory {
  if (typeof WebAssembly === 'undefined' || !IS_LITTLE_ENDIAN) {
    const buffer = new ArrayBuffer(bytes);
    return { buffer, kernels: plainKernels(buffer) };
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  compiled ??= new WebAssembly.Module(Buffer.from(KERNELS_BASE64, 'base64'));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { buffer: memory.buffer, kernels: exports as ScoringKernels };
}

let compiled: object | undefined;
