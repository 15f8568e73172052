import { createRequire } from 'node:module';
import { NotInstalled } from './types.js';
import type { StartedEngine, TensorOperations } from './types.js';

const require = createRequire(import.meta.url);

/**
 * Starts TensorFlow's own library behind one of its two optional packages.
 * @throws NotInstalled where the package is not there; whatever it throws where its native library does not load
 */
export async function startNative(name: 'tfjs-node-gpu' | 'tfjs-node'): Promise<StartedEngine> {
  const path = locate(`@tensorflow/${name}`);
  restoreNullCheck();
  // The library writes its own banner to stderr, which is for our reports.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  // Products in full single precision also on a GPU: the bound on one shopper's influence relies on it.
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  const tf = require(path) as TensorOperations;
  if (!(await tf.setBackend('tensorflow'))) throw new Error('TensorFlow refused to start.');
  await tf.ready();
  const version = tensorflowVersion(tf);
  if (name === 'tfjs-node') return { tf, device: `the processor, by TensorFlow ${version}`, cores: 'all' };
  const device = usesGpu(tf) ? `an NVIDIA GPU` : 'the processor, for TensorFlow found no GPU that it can use';
  return { tf, device: `${device}, by TensorFlow ${version}`, cores: 'all' };
}

function locate(name: string): string {
  try {
    return require.resolve(name);
  } catch {
    throw new NotInstalled(`${name} is not installed.`);
  }
}

/** tfjs-node 4.22 calls a function of node:util that Node 23 took away. */
function restoreNullCheck(): void {
  const util = require('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
}

function tensorflowVersion(tf: TensorOperations): string {
  const backend: unknown = tf.backend();
  if (typeof backend !== 'object' || backend === null || !('binding' in backend)) return 'of unknown version';
  const { binding } = backend;
  const known = typeof binding === 'object' && binding !== null && 'TF_Version' in binding;
  return known ? String(binding.TF_Version) : 'of unknown version';
}

function usesGpu(tf: TensorOperations): boolean {
  const backend: unknown = tf.backend();
  return (
    typeof backend === 'object' &&
    backend !== null &&
    'isUsingGpuDevice' in backend &&
    backend.isUsingGpuDevice === true
  );
}
