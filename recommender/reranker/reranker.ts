import type { Engine } from '../engine/index.js';
import type { CandidateList } from './list.js';
import { scoreMlp } from './mlp-engine.js';
import type { MlpReranker } from './mlp.js';
import { scoreLinear } from './newton.js';
import type { LinearReranker } from './newton.js';

/** A trained re-ranker of either form. */
export type Reranker = LinearReranker | MlpReranker;

/** Served logits of lists, position by position, one array a list. */
export function scoreLists(
  engine: Engine,
  model: Reranker,
  lists: readonly CandidateList[],
): (Float32Array | Float64Array)[] {
  return model.kind === 'linear' ? lists.map((list) => scoreLinear(model, list)) : scoreMlp(engine, model, lists);
}
