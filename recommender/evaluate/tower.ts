import { DEFAULT_TOWER, trainTower, untrainedTower } from '../tower/index.js';
import type { TowerData, TowerModel } from '../tower/index.js';
import type { FitContext } from './context.js';

type TowerContext = Omit<FitContext, 'tower'>;

/** More validation tasks than these decide no better when to stop. */
const VALIDATION_TASKS = 1000;

/** What a tower learns from in an evaluation: everything before the validation items, which choose its epochs. */
export function towerData({ data, text }: Pick<TowerContext, 'data' | 'text'>): TowerData {
  const { training, tasks } = data.validation;
  return { texts: text(), sequences: training, validation: evenly(tasks, VALIDATION_TASKS) };
}

/** A tower trained on the shop alone. */
export function fittedTower(context: TowerContext): TowerModel {
  const { engine, random, onProgress } = context;
  const run = trainTower(engine, untrainedTower(DEFAULT_TOWER, random), towerData(context), random);
  for (let step = run.next(); ; step = run.next()) {
    if (step.done === true) return step.value;
    onProgress(`tower: epoch ${step.value.epoch} of at most ${step.value.epochs}`);
  }
}

/** At most so many of the values, evenly spread. */
export function evenly<T>(values: readonly T[], most: number): T[] {
  const stride = Math.max(1, Math.ceil(values.length / most));
  return values.filter((_, at) => at % stride === 0);
}
