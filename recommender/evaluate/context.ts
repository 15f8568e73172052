import type { Engine } from '../engine/index.js';
import type { RandomSource } from '../random.js';
import type { ItemTextEncoder, TextIndex } from '../text/index.js';
import type { TowerModel } from '../tower/index.js';
import type { LeaveOneOut } from './protocol.js';

/** What models learn from. */
export interface FitContext {
  readonly data: LeaveOneOut;
  readonly engine: Engine;
  readonly encoder: ItemTextEncoder;
  /** The catalogue's texts, computed once for all models that ask. */
  readonly text: () => TextIndex;
  /** The tower, trained once for all that ask. */
  readonly tower: () => TowerModel;
  /** Coins of models that are trained by chance. */
  readonly random: RandomSource;
  /** Told what a long fit is doing. */
  readonly onProgress: (sentence: string) => void;
}
