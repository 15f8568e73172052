import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type { StartedEngine, TensorOperations } from './types.js';
import type { DirectAccess } from './wasm/kernels.js';
import { registerWasmKernels } from './wasm/register.js';

const require = createRequire(import.meta.url);
let direct: DirectAccess | undefined;

/**
 * Starts the WebAssembly engine with our kernels.
 * @throws whatever WebAssembly throws where it has no SIMD; every Node that this package runs on has it on x64 and arm64
 */
export async function startWasm(): Promise<StartedEngine> {
  const tf = await import('@tensorflow/tfjs-core');
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  const root = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  wasm.setWasmPaths(join(root, 'wasm-out') + sep);
  if (!(await tf.setBackend('wasm'))) throw new Error('WebAssembly refused to start.');
  await tf.ready();
  direct ??= registerWasmKernels(tf);
  return { tf, device: 'one core, by WebAssembly with SIMD', cores: 'one' };
}

/** The kernels behind the running engine, where it is the WebAssembly one. */
export function directAccess(tf: TensorOperations): DirectAccess | undefined {
  return tf.getBackend() === 'wasm' ? direct : undefined;
}

/** Starts the plain JavaScript engine: slow, and the same wherever Node runs. */
export async function startCpu(): Promise<StartedEngine> {
  const tf = await import('@tensorflow/tfjs-core');
  if ((tf.findBackendFactory('cpu') as object | null) === null) await import('@tensorflow/tfjs-backend-cpu');
  // It would advise on the console to install another engine; doctor does that where it helps.
  tf.enableProdMode();
  if (!(await tf.setBackend('cpu'))) throw new Error('The plain JavaScript backend refused to start.');
  await tf.ready();
  return { tf, device: 'one core, by plain JavaScript', cores: 'one' };
}
