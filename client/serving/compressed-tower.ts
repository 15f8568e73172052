import { GuildhallError } from '../../errors/index.js';
import { decodeTowerFile, encodeTowerFile } from '../../recommender/index.js';
import type { ReleasedTower, TowerFile } from '../../recommender/index.js';
import { readIfPresent, writeAtomically } from '../state/files.js';

/** Puts a compressed tower where serving looks for it. @returns its size */
export function keepCompressedTower(file: string, tower: TowerFile): number {
  const bytes = encodeTowerFile(tower);
  writeAtomically(file, bytes);
  return bytes.length;
}

/** A tower as it is served, and in which form, in a sentence. */
export interface ServedTower {
  readonly tower: ReleasedTower;
  readonly note: string;
}

/**
 * The compressed form of a release in its place, where the merchant has made one of this very release; else the release.
 * @throws GuildhallError MODEL_FILE_DAMAGED, MODEL_FILE_UNSUPPORTED naming the file; STATE_*
 */
export function servedForm(file: string, released: ReleasedTower): ServedTower {
  const compressed = readCompressedTower(file);
  if (compressed === undefined) return { tower: released, note: 'The tower is kept as it was released, in float32.' };
  const { model, precision, origin, source } = compressed;
  if (released.source === undefined || !Buffer.from(source).equals(released.source)) {
    const note =
      'The compressed tower was made from another release and is not served; guildhall client compress makes it again.';
    return { tower: released, note };
  }
  const what = origin === 'distilled' ? 'a smaller one that it has taught, in' : 'it in';
  return {
    tower: { ...released, model, precision },
    note: `In the place of the released tower stands ${what} ${precision}.`,
  };
}

function readCompressedTower(file: string): TowerFile | undefined {
  const bytes = readIfPresent(file);
  if (bytes === undefined) return undefined;
  try {
    return decodeTowerFile(bytes);
  } catch (error) {
    if (!(error instanceof GuildhallError)) throw error;
    throw new GuildhallError(error.code, `${file}: ${error.message}`, { details: { file }, cause: error });
  }
}
