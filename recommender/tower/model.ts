import { createHash } from 'node:crypto';
import type { RandomSource } from '../random.js';
import { standardNormal } from '../random.js';
import { inBlocks } from './coins.js';
import { LOW_RANK_TARGETS, parameterCount, parametersOf, trainedCount, trainedParts } from './shape.js';
import type { TowerForm, TowerShape } from './shape.js';

/** A text tower: its sizes and all its parameters. */
export interface TowerModel {
  readonly shape: TowerShape;
  /** Length {@link parameterCount}, in the order of `parametersOf`. */
  readonly parameters: Float32Array;
}

/** τ: cosines of the transformer's output are divided by it. */
export const TEMPERATURE = 0.07;
/** The raw text's first weights: the last item's as the transformer's own, the history's half of it. */
const FIRST_RESIDUAL = [1 / TEMPERATURE, 0.5 / TEMPERATURE];

/** A tower before any training: close to ranking by the texts of the history. @param random coins of the weights */
export function untrainedTower(shape: TowerShape, random: RandomSource): TowerModel {
  const parameters = new Float32Array(parameterCount(shape));
  const coins = inBlocks(random);
  for (const { name, start, size, initial } of parametersOf(shape)) {
    const part = parameters.subarray(start, start + size);
    if (name === 'residual') part.set(FIRST_RESIDUAL);
    else if (initial === 'ones') part.fill(1);
    else if (initial > 0) for (let i = 0; i < size; i += 1) part[i] = initial * standardNormal(coins);
  }
  return { shape, parameters };
}

/** The values that a form trains, where training starts: a part of the parameters, or corrections of zero. */
export function trainedStart(model: TowerModel, form: TowerForm): Float32Array {
  const { shape, parameters } = model;
  switch (form.kind) {
    case 'full':
      return parameters.slice();
    case 'adapter':
      return Float32Array.from(
        trainedParts(shape, form).flatMap(({ start, size }) => Array.from(parameters.subarray(start, start + size))),
      );
    case 'low-rank':
      return new Float32Array(trainedCount(shape, form));
  }
}

/**
 * The model with trained values put in; low-rank corrections are multiplied out and added to the matrices they correct.
 * @throws RangeError on a wrong length
 */
export function withTrained(model: TowerModel, form: TowerForm, trained: Float32Array): TowerModel {
  const { shape } = model;
  const count = trainedCount(shape, form);
  if (trained.length !== count) throw new RangeError(`this form trains ${count} values, not ${trained.length}`);
  if (form.kind === 'full') return { shape, parameters: trained.slice() };
  const parameters = model.parameters.slice();
  const places = new Map(parametersOf(shape).map((part) => [part.name, part.start]));
  if (form.kind === 'adapter') {
    parameters.set(trained, places.get('adapter') ?? 0);
    return { shape, parameters };
  }
  const { width } = shape;
  trainedParts(shape, form).forEach(({ start }, at) => {
    const target = lowRankName(at);
    const left = frozenFactor(target, width, form.rank);
    const weights = places.get(`${target}.weights`) ?? 0;
    for (let row = 0; row < width; row += 1)
      for (let column = 0; column < width; column += 1) {
        let sum = 0;
        for (let inner = 0; inner < form.rank; inner += 1)
          sum += (left[row * form.rank + inner] ?? 0) * (trained[start + inner * width + column] ?? 0);
        parameters[weights + row * width + column] = (parameters[weights + row * width + column] ?? 0) + sum;
      }
  });
  return { shape, parameters };
}

function lowRankName(at: number): string {
  const target = LOW_RANK_TARGETS[at % LOW_RANK_TARGETS.length] ?? '';
  return `${Math.floor(at / LOW_RANK_TARGETS.length)}.${target}`;
}

/**
 * The frozen left factor of a low-rank correction, width × rank, from SHA-256 of its name, so that everybody has the
 * same: entries ±1/√rank.
 */
export function frozenFactor(name: string, width: number, rank: number): Float32Array {
  const factor = new Float32Array(width * rank);
  const scale = 1 / Math.sqrt(rank);
  let digest = Buffer.alloc(0);
  for (let i = 0; i < factor.length; i += 1) {
    if (i % 256 === 0)
      digest = createHash('sha256')
        .update(`guildhall/v1/tower/${name}/${i / 256}`)
        .digest();
    const byte = digest[(i % 256) >> 3] ?? 0;
    factor[i] = (byte >> (i & 7)) & 1 ? scale : -scale;
  }
  return factor;
}
