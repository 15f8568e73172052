/** The sizes of a tower. Everything else about it follows. */
export interface TowerShape {
  /** Dimensions of the frozen text features. */
  readonly features: number;
  /** Width of the transformer; a multiple of `heads`. */
  readonly width: number;
  readonly blocks: number;
  readonly heads: number;
  /** Width of a feed-forward layer's inside. */
  readonly inner: number;
  /** Events that it reads: the last so many of a history. */
  readonly length: number;
}

/** 134,146 parameters over hash-512 features. */
export const DEFAULT_TOWER: TowerShape = { features: 512, width: 64, blocks: 2, heads: 2, inner: 256, length: 20 };

/** One named tensor of the parameters and its place in the flat vector. */
export interface Part {
  readonly name: string;
  readonly shape: readonly number[];
  /** Index of its first value. */
  readonly start: number;
  readonly size: number;
  /** Standard deviation of its first values; `ones` for gains. */
  readonly initial: number | 'ones';
  /** Whether weight decay shrinks it: matrices only. */
  readonly decays: boolean;
}

/** The projections of attention that can be fine-tuned with low rank. */
export const LOW_RANK_TARGETS = ['query', 'value'] as const;

/**
 * The parameters in their fixed public order: adapter, positions, then block by block, then the last normalisation and
 * the two weights of the raw text. A flat vector of all, of {@link parameterCount} values, is what models are published as.
 */
export function parametersOf(shape: TowerShape): readonly Part[] {
  const { features, width, blocks, inner, length } = shape;
  const parts: Part[] = [];
  const add = (name: string, extents: readonly number[], initial: Part['initial']): void => {
    const last = parts.at(-1);
    const start = last === undefined ? 0 : last.start + last.size;
    const size = extents.reduce((product, extent) => product * extent, 1);
    parts.push({ name, shape: extents, start, size, initial, decays: extents.length === 2 && name !== 'positions' });
  };
  const normalisation = (name: string): void => {
    add(`${name}.gain`, [width], 'ones');
    add(`${name}.bias`, [width], 0);
  };
  const linear = (name: string, rows: number, columns: number, initial: number): void => {
    add(`${name}.weights`, [rows, columns], initial);
    add(`${name}.bias`, [columns], 0);
  };
  add('adapter', [features, width], 1 / Math.sqrt(width));
  add('positions', [length, width], POSITION_DEVIATION);
  for (let block = 0; block < blocks; block += 1) {
    normalisation(`${block}.before-attention`);
    for (const name of ['query', 'key', 'value']) linear(`${block}.${name}`, width, width, INNER_DEVIATION);
    linear(`${block}.output`, width, width, OUTPUT_DEVIATION);
    normalisation(`${block}.before-feed-forward`);
    linear(`${block}.up`, width, inner, INNER_DEVIATION);
    linear(`${block}.down`, inner, width, OUTPUT_DEVIATION);
  }
  normalisation('last');
  add('residual', [2], 0);
  return parts;
}

/** First deviations: what a block adds to its input is small, so that an untrained tower says what the texts say. */
const POSITION_DEVIATION = 0.02;
const INNER_DEVIATION = 0.05;
const OUTPUT_DEVIATION = 0.02;

/** Length of the flat vector. */
export function parameterCount(shape: TowerShape): number {
  const last = parametersOf(shape).at(-1);
  return last === undefined ? 0 : last.start + last.size;
}

/**
 * What of a tower is trained: all of it, the adapter alone, or a correction of rank r to the query and value projections
 * of every block (LoRA, Hu et al. 2022) whose left factor is public and frozen, so that averages of corrections are
 * corrections of the average (FFA-LoRA, Sun et al. 2024).
 */
export type TowerForm =
  { readonly kind: 'full' } | { readonly kind: 'adapter' } | { readonly kind: 'low-rank'; readonly rank: number };

/** The tensors that a form trains, in the order of its flat vector. */
export function trainedParts(shape: TowerShape, form: TowerForm): readonly Part[] {
  switch (form.kind) {
    case 'full':
      return parametersOf(shape);
    case 'adapter':
      return parametersOf(shape).filter(({ name }) => name === 'adapter');
    case 'low-rank': {
      const extents = [form.rank, shape.width];
      const size = form.rank * shape.width;
      return Array.from({ length: shape.blocks }, (_, block) => LOW_RANK_TARGETS.map((name) => `${block}.${name}`))
        .flat()
        .map((name, at) => ({
          name: `${name}.correction`,
          shape: extents,
          start: at * size,
          size,
          initial: 0,
          decays: true,
        }));
    }
  }
}

/** Length of the flat vector that a form trains. */
export function trainedCount(shape: TowerShape, form: TowerForm): number {
  return trainedParts(shape, form).reduce((sum, { size }) => sum + size, 0);
}
