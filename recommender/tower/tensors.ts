import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorOperations } from '../engine/index.js';
import type { TowerForm, TowerShape } from './shape.js';

/** What a training step computes on; tensors are the caller's. */
export interface TowerTensors {
  readonly tf: TensorOperations;
  readonly shape: TowerShape;
  readonly form: TowerForm;
  /** (items + 1) × features, rows of unit length, the last one zero. */
  readonly table: Tensor2D;
  /** All parameters, flat. */
  readonly parameters: Tensor1D;
  /** What the form trains, flat; of the full form the parameters themselves. */
  readonly trained: Tensor1D;
}
