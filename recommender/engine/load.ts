import { GuildhallError } from '../../errors/index.js';
import { registerGradients } from './gradients.js';
import { startNative } from './native.js';
import { startCpu, startWasm } from './portable.js';
import { ENGINE_NAMES, NotInstalled } from './types.js';
import type { Engine, EngineAttempt, EngineName, StartedEngine } from './types.js';

/** Which engine to load. */
export interface EngineOptions {
  /** Load this one or fail. @default the first of {@link ENGINE_NAMES} that starts */
  readonly only?: EngineName;
}

let loaded: Promise<Engine> | undefined;

/**
 * Loads the best engine that works here, once a process. Nothing of TF.js is loaded before the first call; a process has
 * one engine, so the first caller's choice stands.
 * @throws GuildhallError ENGINE_UNAVAILABLE when no engine starts
 */
export function loadEngine(options: EngineOptions = {}): Promise<Engine> {
  loaded ??= startEngine(options);
  return loaded;
}

/**
 * Starts an engine beside whatever {@link loadEngine} gave, and makes it the one that TF.js computes on from now on:
 * for comparisons, which then use one after the other.
 * @throws GuildhallError ENGINE_UNAVAILABLE
 */
export async function startEngine({ only }: EngineOptions = {}): Promise<Engine> {
  const attempts: EngineAttempt[] = [];
  for (const name of only === undefined ? ENGINE_NAMES : [only]) {
    try {
      const started = await STARTERS[name]();
      registerGradients(started.tf);
      attempts.push({ name, outcome: 'chosen', reason: `It computes on ${started.device}.` });
      return { name, ...started, attempts };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      attempts.push({ name, outcome: error instanceof NotInstalled ? 'not installed' : 'does not start', reason });
    }
  }
  const reasons = attempts.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  throw new GuildhallError('ENGINE_UNAVAILABLE', `No training engine starts here (${reasons}).`);
}

const STARTERS: Readonly<Record<EngineName, () => Promise<StartedEngine>>> = {
  'tfjs-node-gpu': () => startNative('tfjs-node-gpu'),
  'tfjs-node': () => startNative('tfjs-node'),
  wasm: startWasm,
  cpu: startCpu,
};
