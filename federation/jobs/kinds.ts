/** The kinds of job that can be planned; the tower runs only where it is asked for by name. */
export type JobKind = 'reranker' | 'mlp' | 'counts' | 'tower';

/** What merchants learn together: counts that a catalogue's merchants sum, or a re-ranker fine-tuned by gradients. */
export type TaskChoice = 'statistics' | 'gradients' | 'both';

const GRADIENTS: Readonly<Record<'noised' | 'local' | 'none', readonly JobKind[]>> = {
  noised: ['reranker'],
  local: ['mlp'],
  none: ['reranker', 'mlp'],
};

/**
 * The jobs of a task, in the order in which they run. Under noise the re-ranker is the linear one: fine-tuning its MLP
 * form spends more and brings nothing that can be measured. Without noise FedAvg of the MLP form follows it, which may
 * read own evidence as well. Local noise goes with local training, which the MLP form has.
 */
export function jobsOfTask(task: TaskChoice, privacy: 'noised' | 'local' | 'none'): JobKind[] {
  const gradients = GRADIENTS[privacy];
  switch (task) {
    case 'statistics':
      return ['counts'];
    case 'gradients':
      return [...gradients];
    case 'both':
      return [...gradients, 'counts'];
  }
}
