import { osRandom, streamRandom } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';
import { decodeModel, prepareInput, TrainingData } from '../../federation/index.js';
import { loadEngine, openMerchant, readShop } from '../../recommender/index.js';
import type { DataReport, Engine, Shop, TextIndex } from '../../recommender/index.js';
import { systemClock } from '../clock.js';
import { servedModels } from '../serving/served-models.js';
import { evaluateLocally } from './evaluation.js';
import type { LocalEvaluation } from './evaluation.js';
import type { Cancellation } from './cancellation.js';
import { GradientThreads } from './gradient-threads.js';
import type { PrepareRequest, TrainingProgress, WorkerAnswers, WorkerSettings } from './messages.js';
import { shopSources } from './sources.js';
import { cachedTextIndex } from './text-cache.js';

/** A shop as read from its files. */
export interface LoadedShop {
  readonly shop: Shop;
  readonly report: DataReport;
}

/** A shop ready to train on. */
export interface IndexedShop extends LoadedShop {
  readonly engine: Engine;
  readonly text: TextIndex;
}

/** The shop's data for the life of a worker: read at the first need, indexed at the first training, then kept. */
export class ShopSession {
  readonly #settings: WorkerSettings;
  readonly #onProgress: (progress: TrainingProgress) => void;
  #loaded: Promise<LoadedShop> | undefined;
  #indexed: Promise<IndexedShop> | undefined;
  #data: Promise<TrainingData> | undefined;
  #threads: GradientThreads | undefined;
  #cancellation: Cancellation | undefined;
  #told = 0;

  constructor(settings: WorkerSettings, options: { readonly onProgress?: (progress: TrainingProgress) => void } = {}) {
    this.#settings = settings;
    this.#onProgress = options.onProgress ?? (() => undefined);
  }

  /** @throws GuildhallError DATA_*, CLIENT_FILE_MISSING; the next call tries again */
  load(): Promise<LoadedShop> {
    this.#loaded ??= this.#read().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  /**
   * The merchant's vector for a round, with fresh coins of the operating system.
   * @param cancellation ends it before it begins, or the training of a tower at its next step
   * @throws GuildhallError CLIENT_STOPPED when it was cancelled
   */
  async prepare(
    { terms, model, rosterSize }: PrepareRequest,
    cancellation?: Cancellation,
  ): Promise<WorkerAnswers['prepare']> {
    throwIfCancelled(cancellation);
    const data = await this.#trainingData();
    this.#onProgress({ stage: 'training' });
    this.#cancellation = cancellation;
    this.#told = 0;
    const key = osRandom.bytes(32);
    try {
      return await prepareInput({ terms, model: decodeModel(model), data, random: streamRandom(key), rosterSize });
    } finally {
      key.fill(0);
      await this.#threads?.close();
    }
  }

  /** Between two steps of a tower: tells every quarter, and stops where nobody waits any more. */
  #afterStep(done: number): void {
    throwIfCancelled(this.#cancellation);
    const percent = 25 * Math.floor(4 * done);
    if (percent > this.#told) this.#onProgress({ stage: 'training', percent });
    this.#told = percent;
  }

  /** The merchant's own figures, alone and with these serialised models as it serves them. */
  async evaluate(models: readonly Uint8Array[]): Promise<LocalEvaluation> {
    const indexed = await this.index();
    this.#onProgress({ stage: 'evaluating' });
    const { localKey, compressedTower } = this.#settings;
    const context = { catalogue: indexed.shop.catalogue, text: indexed.text };
    return evaluateLocally(indexed, servedModels(models, context, compressedTower), localKey);
  }

  async #read(): Promise<LoadedShop> {
    this.#onProgress({ stage: 'reading' });
    const { data, localKey } = this.#settings;
    return readShop(shopSources(data, localKey, systemClock.now()));
  }

  /** The shop with its texts indexed. @throws GuildhallError as {@link load} */
  index(): Promise<IndexedShop> {
    this.#indexed ??= this.#buildIndex().catch((error: unknown) => {
      this.#indexed = undefined;
      throw error;
    });
    return this.#indexed;
  }

  async #buildIndex(): Promise<IndexedShop> {
    const loaded = await this.load();
    this.#onProgress({ stage: 'indexing' });
    const engine = await loadEngine();
    const { cache: directory } = this.#settings;
    const text = await cachedTextIndex(loaded.shop.catalogue, engine, { directory, clock: systemClock });
    return { ...loaded, engine, text };
  }

  #trainingData(): Promise<TrainingData> {
    this.#data ??= this.index()
      .then(({ shop, engine, text }) => {
        const gateSecret = this.#settings.localKey;
        const { threads = 1 } = this.#settings;
        // An engine that uses all cores by itself gains nothing from several of its kind.
        if (threads > 1 && engine.cores === 'one') this.#threads = new GradientThreads(threads);
        const seat = { threads: this.#threads, onStep: (done: number) => this.#afterStep(done) };
        return new TrainingData(openMerchant({ engine, shop, text, gateSecret }), seat);
      })
      .catch((error: unknown) => {
        this.#data = undefined;
        throw error;
      });
    return this.#data;
  }
}

function throwIfCancelled(cancellation: Cancellation | undefined): void {
  if (cancellation?.isCancelled !== true) return;
  throw new GuildhallError('CLIENT_STOPPED', 'Nobody waits for this input any more.');
}
