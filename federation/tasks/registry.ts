import type { RoundTerms } from '../contract/terms.js';
import { taskName } from './names.js';
import type { TaskName } from './names.js';
import { itemCounts } from './item-counts.js';
import { neighbourCounts } from './neighbour-counts.js';
import { rerankerDpFedavg } from './reranker-dp-fedavg.js';
import { rerankerFedavg } from './reranker-fedavg.js';
import { rerankerGradients } from './reranker-gradients.js';
import { rerankerNewton } from './reranker-newton.js';
import type { Task } from './task.js';
import { towerDpFedavg } from './tower-dp-fedavg.js';
import { towerFedavg } from './tower-fedavg.js';
import { towerGradients } from './tower-gradients.js';

const TASKS: Readonly<Record<TaskName, Task>> = {
  'reranker-newton': rerankerNewton,
  'reranker-gradients': rerankerGradients,
  'reranker-fedavg': rerankerFedavg,
  'neighbour-counts': neighbourCounts,
  'tower-gradients': towerGradients,
  'tower-fedavg': towerFedavg,
  'reranker-dp-fedavg': rerankerDpFedavg,
  'tower-dp-fedavg': towerDpFedavg,
  'item-counts': itemCounts,
};

/** The task of a contract. */
export function taskOf(terms: RoundTerms): Task {
  return TASKS[taskName(terms.task)];
}
