import type { ServerState } from '../../proto/index.js';
import type { OptimiserState } from './optimiser.js';

/** An optimiser's state as it travels with a model. */
export function stateToWire(state: OptimiserState): ServerState {
  return {
    steps: state.steps,
    iterate: [...state.iterate],
    firstMoment: [...state.firstMoment],
    secondMoment: [...state.secondMoment],
    average: [...state.average],
    averaged: state.averaged,
  };
}

/** The state that a model carries. */
export function stateFromWire(server: ServerState): OptimiserState {
  return {
    steps: server.steps,
    averaged: server.averaged,
    iterate: Float32Array.from(server.iterate),
    firstMoment: Float32Array.from(server.firstMoment),
    secondMoment: Float32Array.from(server.secondMoment),
    average: Float32Array.from(server.average),
  };
}
