import { PROTOCOL_VERSION } from '../../federation/index.js';
import { Contract } from '../../proto/index.js';
import { digestOf } from '../store/index.js';
import type { JobRecord, ModelVersion } from '../store/index.js';

/** A job's next contract: its template with what the coordinator fills in. */
export function contractFor(options: {
  readonly job: Pick<JobRecord, 'name' | 'template' | 'steps' | 'stepsDone' | 'nextRound'>;
  readonly federation: string;
  readonly model: Pick<ModelVersion, 'id'>;
  /** ms since the epoch. */
  readonly nowMs: number;
}): Contract {
  const { job } = options;
  return {
    ...Contract.decode(job.template),
    protocolVersion: PROTOCOL_VERSION,
    federation: options.federation,
    job: job.name,
    round: job.nextRound,
    step: job.stepsDone + 1,
    steps: job.steps,
    modelSha256: digestOf(options.model.id),
    issuedAtMs: options.nowMs,
  };
}
