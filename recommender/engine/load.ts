import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type * as tfjs from '@tensorflow/tfjs-core';
import { GuildhallError } from '../../errors/index.js';
import { registerGradients } from './gradients.js';

/** The operations of TF.js; every model of the house is written in these alone. */
export type TensorOperations = typeof tfjs;

/** A training engine that loads on this machine. */
export interface Engine {
  /** What to call it in a report: `wasm` (one thread, SIMD where the processor has it) or `cpu` (plain JavaScript). */
  readonly name: EngineName;
  readonly tf: TensorOperations;
}

/** The engines that can be asked for. */
export type EngineName = 'wasm' | 'cpu';

const require = createRequire(import.meta.url);
let loaded: Promise<Engine> | undefined;

/**
 * Loads the best engine that works here, once a process: WebAssembly first, plain JavaScript where it is refused.
 * Nothing of TF.js is loaded before the first call.
 *
 * @param options.only load this engine or fail; a process has one engine, so the first caller's choice stands
 * @throws GuildhallError ENGINE_UNAVAILABLE when no engine starts
 */
export function loadEngine(options: { readonly only?: EngineName } = {}): Promise<Engine> {
  loaded ??= start(options.only === undefined ? ['wasm', 'cpu'] : [options.only]);
  return loaded;
}

async function start(names: readonly EngineName[]): Promise<Engine> {
  const tf = await import('@tensorflow/tfjs-core');
  registerGradients(tf);
  const failures: string[] = [];
  for (const name of names) {
    try {
      await registerBackend(name);
      if (await tf.setBackend(name)) {
        await tf.ready();
        return { name, tf };
      }
      failures.push(`${name}: refused to start`);
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new GuildhallError('ENGINE_UNAVAILABLE', `No training engine starts here (${failures.join('; ')}).`);
}

async function registerBackend(name: EngineName): Promise<void> {
  if (name === 'cpu') {
    await import('@tensorflow/tfjs-backend-cpu');
    return;
  }
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  const root = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  wasm.setWasmPaths(join(root, 'wasm-out') + sep);
}
