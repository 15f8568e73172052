import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { statePaths } from '../../../client/index.js';
import { sha256 } from '../../../crypto/index.js';
import { VICTIM } from './grpc-attack.js';
import type { GrpcAttack } from './grpc-attack.js';
import type { HostilePlatform } from './hostile-platform.js';

const ANNOUNCED = 200;
const LAST = `job ${ANNOUNCED - 1}`;

/** What a merchant asks for while models of ever other jobs are announced to it. */
interface Flood {
  /** Downloads so far, and the most that waited for an answer at one time. */
  readonly downloads: { begun: number; waiting: number; most: number };
  /** Lets every download have its model. */
  readonly answer: () => void;
}

/** Announces all models to the victim, each under its true hash, and answers no download before it is told to. */
function announceAll(platform: HostilePlatform): Flood {
  const downloads = { begun: 0, waiting: 0, most: 0 };
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const models = new Map<string, Buffer>();
  const { coordinator } = platform;
  coordinator.play({
    contract: () => platform.propose().envelope,
    model: async (_, wanted) => {
      downloads.begun += 1;
      downloads.waiting += 1;
      downloads.most = Math.max(downloads.most, downloads.waiting);
      await answered;
      downloads.waiting -= 1;
      return models.get(wanted.toString('hex')) ?? Buffer.alloc(0);
    },
  });
  for (let index = 0; index < ANNOUNCED; index += 1) {
    const job = `job ${index}`;
    const bytes = Buffer.from(job);
    const hash = Buffer.from(sha256(bytes));
    models.set(hash.toString('hex'), bytes);
    coordinator.announceModel({ job, version: 1, sha256: hash, size: bytes.length }, [VICTIM]);
  }
  coordinator.endJob('any', [VICTIM]);
  return { downloads, answer };
}

const manyModels: GrpcAttack = {
  by: 'coordinator',
  does: `announces the models of ${ANNOUNCED} jobs at once`,
  defence: 'one download at a time, and of the jobs no more than are kept',
  off: (platform) =>
    platform.mount({ lenient: [VICTIM] }, async () => {
      const { downloads, answer } = announceAll(platform);
      // As many wait as a connection has streams.
      while (downloads.waiting < 2) await nextTurn();
      answer();
      while (downloads.begun < ANNOUNCED) await nextTurn();
      return `${downloads.begun} downloads, ${downloads.most} at a time`;
    }),
  on: (platform) =>
    platform.mount({ real: [VICTIM] }, async (stage) => {
      const { downloads, answer } = announceAll(platform);
      const victim = stage.real(VICTIM);
      // The job's end was said last: everything before it has been heard.
      await victim.until('job-ended');
      answer();
      while (!victim.events.some((event) => event.kind === 'model' && event.job === LAST)) await nextTurn();
      const kept = readdirSync(statePaths(stage.dir(VICTIM)).models).filter((file) => file.endsWith('.model'));
      return [`${downloads.begun} downloads`, `${downloads.most} at a time`, `${kept.length} kept`];
    }),
  // The first announcement is taken up at once; of the others, as many as are kept.
  stopped: ['33 downloads', '1 at a time', '32 kept'],
};

/** Attacks by what merchants are told of models, over gRPC. */
export const GRPC_MODEL_ATTACKS: readonly GrpcAttack[] = [manyModels];
