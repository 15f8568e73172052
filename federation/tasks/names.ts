import type { RoundTerms } from '../contract/terms.js';

/** The tasks that exist, by the name that policies and job files use. */
export type TaskName =
  | 'reranker-newton'
  | 'reranker-gradients'
  | 'reranker-fedavg'
  | 'neighbour-counts'
  | 'tower-gradients'
  | 'tower-fedavg'
  | 'reranker-dp-fedavg'
  | 'tower-dp-fedavg'
  | 'item-counts';

const NAMES = {
  rerankerNewton: 'reranker-newton',
  rerankerGradients: 'reranker-gradients',
  rerankerFedavg: 'reranker-fedavg',
  neighbourCounts: 'neighbour-counts',
  towerGradients: 'tower-gradients',
  towerFedavg: 'tower-fedavg',
  rerankerDpFedavg: 'reranker-dp-fedavg',
  towerDpFedavg: 'tower-dp-fedavg',
  itemCounts: 'item-counts',
} as const satisfies Record<RoundTerms['task']['$case'], TaskName>;

/** The name of a contract's task. */
export function taskName(task: RoundTerms['task']): TaskName {
  return NAMES[task.$case];
}
