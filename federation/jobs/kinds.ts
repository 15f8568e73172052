/** The kinds of job that can be planned; the tower and popularity run only where they are asked for by name. */
export type JobKind = 'reranker' | 'mlp' | 'counts' | 'popularity' | 'tower';

/** Whether a kind is planned once for each catalogue. */
export function isOfCatalogue(kind: JobKind): boolean {
  return kind === 'counts' || kind === 'popularity';
}

/**
 * What merchants learn together: counts that a catalogue's merchants sum, a re-ranker fine-tuned by gradients, both, or the
 * text tower.
 */
export type TaskChoice = 'statistics' | 'gradients' | 'both' | 'tower';

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
    case 'tower':
      return ['tower'];
  }
}
