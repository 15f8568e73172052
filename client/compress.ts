import { rmSync } from 'node:fs';
import { labelledHash, streamRandom } from '../crypto/index.js';
import { GuildhallError } from '../errors/index.js';
import { decodeModel } from '../federation/index.js';
import { distilTower, isEvaluated, openMerchant, trainingEvents, validationCase } from '../recommender/index.js';
import type { Precision, TowerModel, TowerOrigin } from '../recommender/index.js';
import { reasonOf } from './clock.js';
import { ModelStore } from './models.js';
import { keepCompressedTower } from './serving/compressed-tower.js';
import { openClient, workerSettings } from './session.js';
import type { TrainingProgress } from './training/messages.js';
import { releasedModels } from './training/released.js';
import { ShopSession } from './training/session.js';
import type { IndexedShop } from './training/session.js';

/** How to compress the newest released tower. */
export interface CompressOptions {
  readonly dir: string;
  readonly precision: Precision;
  /** `distilled` teaches a smaller tower on the merchant's own contributors first. */
  readonly origin: TowerOrigin;
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  /** Told after each epoch of a distillation. */
  readonly onEpoch?: ((sentence: string) => void) | undefined;
}

/** What has been made. */
export interface CompressReport {
  readonly file: string;
  readonly bytes: number;
  /** Parameters of the released tower and of the one that is kept. */
  readonly releasedParameters: number;
  readonly parameters: number;
  readonly precision: Precision;
  readonly origin: TowerOrigin;
}

/**
 * `guildhall client compress`: keeps a smaller form of the newest released tower, which recommendations use in its place
 * until there is a newer release. The gate judges the form that is served, on shoppers that neither the release nor the
 * distillation has seen. Nothing is sent. Works while the client runs.
 * @throws GuildhallError MODEL_NONE_RELEASED; STATE_*, CLIENT_*, DATA_*, MODEL_MALFORMED; the signal's reason
 */
export async function compressTower(options: CompressOptions): Promise<CompressReport> {
  const { dir, precision, origin, onProgress } = options;
  const client = openClient(dir);
  const { state } = client;
  const shop = await new ShopSession(workerSettings(client), onProgress === undefined ? {} : { onProgress }).index();
  const models = new ModelStore(state.paths.models).newestBytes().map(decodeModel);
  const { tower } = releasedModels(models, { catalogue: shop.shop.catalogue, text: shop.text });
  if (tower?.source === undefined) {
    throw new GuildhallError(
      'MODEL_NONE_RELEASED',
      'No job has released a tower that reads the texts of this catalogue.',
    );
  }
  const model = origin === 'released' ? tower.model : await distilled(shop, tower.model, state.localKey, options);
  const file = state.paths.compressedTower;
  const { encoder } = shop.text;
  const bytes = keepCompressedTower(file, { model, precision, origin, encoder, source: tower.source });
  const [releasedParameters, parameters] = [tower.model.parameters.length, model.parameters.length];
  return { file, bytes, releasedParameters, parameters, precision, origin };
}

/** Forgets the compressed tower: the release is served as it is again. @returns the file that is gone */
export function removeCompressedTower(dir: string): string {
  const { compressedTower } = openClient(dir).state.paths;
  rmSync(compressedTower, { force: true });
  return compressedTower;
}

/** Gate shoppers teach nothing, so the gate stays a fair judge of the student too. */
async function distilled(
  { engine, shop, text }: IndexedShop,
  teacher: TowerModel,
  gateSecret: Uint8Array,
  { signal, onEpoch }: CompressOptions,
): Promise<TowerModel> {
  const { contributors } = openMerchant({ engine, shop, text, gateSecret }).split;
  const data = {
    texts: text,
    sequences: contributors.map(trainingEvents),
    validation: contributors.filter(isEvaluated).slice(0, MOST_VALIDATION).map(validationCase),
  };
  // Training coins protect nobody; fixed ones make the student repeatable.
  const run = distilTower(engine, teacher, data, streamRandom(labelledHash('guildhall/v1/distillation')));
  for (let step = run.next(); ; step = run.next()) {
    if (step.done === true) return step.value;
    onEpoch?.(`distilling: epoch ${step.value.epoch} of at most ${step.value.epochs}`);
    await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) {
      run.return(teacher);
      throw reasonOf(signal);
    }
  }
}

/** More decide no better when to stop. */
const MOST_VALIDATION = 1000;
