import { osRandom, streamRandom } from '../../crypto/index.js';
import { decodeModel, prepareInput, TrainingData } from '../../federation/index.js';
import type { RoundTerms } from '../../federation/index.js';
import { loadEngine, openMerchant, readShop } from '../../recommender/index.js';
import type { DataReport, Engine, Shop, TextIndex } from '../../recommender/index.js';
import { systemClock } from '../clock.js';
import { evaluateLocally } from './evaluation.js';
import type { LocalEvaluation } from './evaluation.js';
import type { TrainingProgress, WorkerAnswers, WorkerSettings } from './messages.js';
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
   * @param rosterSize n = |U1|; needed where the contract's excess noise is removable
   */
  async prepare(terms: RoundTerms, model: Uint8Array, rosterSize?: number): Promise<WorkerAnswers['prepare']> {
    const data = await this.#trainingData();
    this.#onProgress({ stage: 'training' });
    const key = osRandom.bytes(32);
    try {
      return await prepareInput({ terms, model: decodeModel(model), data, random: streamRandom(key), rosterSize });
    } finally {
      key.fill(0);
    }
  }

  /** The merchant's own figures, alone and with these serialised models. */
  async evaluate(models: readonly Uint8Array[]): Promise<LocalEvaluation> {
    const shop = await this.index();
    this.#onProgress({ stage: 'evaluating' });
    return evaluateLocally(shop, models.map(decodeModel), this.#settings.localKey);
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
        return new TrainingData(openMerchant({ engine, shop, text, gateSecret }));
      })
      .catch((error: unknown) => {
        this.#data = undefined;
        throw error;
      });
    return this.#data;
  }
}
