/** The kinds of job that a platform runs by default. */
export type JobKind = 'reranker' | 'mlp' | 'counts';
