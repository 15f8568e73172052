import { GuildhallError } from '../../errors/index.js';
import type { ServerOptimiser as OptimiserTerms, ServerState } from '../../proto/index.js';
import { initialState, optimiserStep, servedParameters } from './optimiser.js';
import { optimiserNamed } from './registry.js';
import { stateFromWire, stateToWire } from './wire.js';

/** How a contract moves the server's model. */
export interface ServerStepTerms {
  readonly optimiser: OptimiserTerms | undefined;
  /** Of the whole job. */
  readonly steps: number;
}

/**
 * One server step from the state that a model carries.
 * @param server absent before the first round, which starts at `start`
 * @param update mean update in descent direction
 * @returns what is served, and the state to carry
 * @throws GuildhallError CONTRACT_MALFORMED without an optimiser, or for one that there is not
 */
export function serverStep(
  { server, start }: { readonly server: ServerState | undefined; readonly start: Float32Array },
  update: Float64Array,
  { optimiser, steps }: ServerStepTerms,
): { readonly served: Float32Array; readonly server: ServerState } {
  if (optimiser === undefined) throw new GuildhallError('CONTRACT_MALFORMED', 'The contract names no optimiser.');
  const state = server === undefined ? initialState(start) : stateFromWire(server);
  const next = optimiserStep(optimiserNamed(optimiser.name), state, update, optimiser, steps);
  return { served: servedParameters(next), server: stateToWire(next) };
}
