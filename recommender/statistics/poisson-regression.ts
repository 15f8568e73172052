/** Rows of equal width, row-major. */
export interface FeatureRows {
  readonly width: number;
  /** rows × width. */
  readonly values: Float32Array;
}

/** λ of the ridge, in counts: what standardised features say is believed once a few dozen counts say it. */
const RIDGE = 10;
const MOST_STEPS = 12;
/** Weights that move by less have arrived. */
const ARRIVED = 1e-3;
/** No weight moves by more in one step: far from its minimum the loss is no parabola. */
const LONGEST_STEP = 1;
/** The curvature is taken from one row in so many: it only has to point the way. */
const CURVATURE_STRIDE = 4;
const [LOWEST_LOG_RATE, HIGHEST_LOG_RATE] = [-12, 3];
const LEAST_MEAN = 1e-4;
const SMALLEST_PIVOT = 1e-9;

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? 0;

const add = (array: Float64Array, index: number, value: number): void => {
  array[index] = at(array, index) + value;
};

/**
 * Rates λ(x) = exp(b + w·x) of counts by Newton's method on Σ λ − y·ln λ + ½·ridge·‖w‖² (Poisson regression, McCullagh and
 * Nelder 1989, section 6.2). The loss is linear in y, so noise of mean 0 in the counts leaves its minimum where it is, and
 * it is convex whatever the sign of y; the rates sum to about what the counts do.
 * @param features standardised, no constant among them
 * @param counts one a row, also below 0, with noise that does not depend on the row's own features
 * @returns a rate a row, in (6e−6, 20.1)
 */
export function poissonRates(features: FeatureRows, counts: ArrayLike<number>): Float64Array {
  let best = atMean(features, counts);
  let bestSeen = lossAt(features, counts, best);
  let candidate = stepFrom(best, bestSeen);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const seen = lossAt(features, counts, candidate);
    if (seen.loss > bestSeen.loss) {
      candidate = candidate.map((value, index) => (value + at(best, index)) / 2);
      continue;
    }
    const moved = candidate.reduce((most, value, index) => Math.max(most, Math.abs(value - at(best, index))), 0);
    best = candidate;
    bestSeen = seen;
    if (moved < ARRIVED) break;
    candidate = stepFrom(best, seen);
  }
  const rows = features.values.length / features.width;
  return Float64Array.from({ length: rows }, (_, row) => Math.exp(logRate(features, best, row)));
}

/** Weights of the constant rate that the counts have on average: the bias first, then one a feature. */
function atMean({ width, values }: FeatureRows, counts: ArrayLike<number>): Float64Array {
  const rows = values.length / width;
  let total = 0;
  for (let row = 0; row < rows; row += 1) total += at(counts, row);
  const weights = new Float64Array(width + 1);
  weights[0] = Math.log(Math.max(total / Math.max(rows, 1), LEAST_MEAN));
  return weights;
}

function logRate({ width, values }: FeatureRows, weights: Float64Array, row: number): number {
  let sum = at(weights, 0);
  const start = row * width;
  for (let column = 0; column < width; column += 1) sum += at(weights, column + 1) * at(values, start + column);
  return Math.min(HIGHEST_LOG_RATE, Math.max(LOWEST_LOG_RATE, sum));
}

/** The loss at some weights, its downhill gradient, and the upper triangle of its curvature. */
interface Slope {
  readonly loss: number;
  readonly downhill: Float64Array;
  readonly curvature: Float64Array;
}

function lossAt(features: FeatureRows, counts: ArrayLike<number>, weights: Float64Array): Slope {
  const { width, values } = features;
  const size = width + 1;
  const downhill = new Float64Array(size);
  const curvature = new Float64Array(size * size);
  const withOne = new Float64Array(size).fill(1);
  let loss = 0;
  for (let row = 0; row < values.length / width; row += 1) {
    const log = logRate(features, weights, row);
    const rate = Math.exp(log);
    const count = at(counts, row);
    loss += rate - count * log;
    for (let column = 0; column < width; column += 1) withOne[column + 1] = at(values, row * width + column);
    for (let index = 0; index < size; index += 1) add(downhill, index, (count - rate) * at(withOne, index));
    if (row % CURVATURE_STRIDE !== 0) continue;
    for (let first = 0; first < size; first += 1) {
      const scaled = CURVATURE_STRIDE * rate * at(withOne, first);
      for (let second = first; second < size; second += 1)
        add(curvature, first * size + second, scaled * at(withOne, second));
    }
  }
  for (let index = 1; index < size; index += 1) {
    const weight = at(weights, index);
    loss += (RIDGE * weight * weight) / 2;
    add(downhill, index, -RIDGE * weight);
    add(curvature, index * size + index, RIDGE);
  }
  return { loss, downhill, curvature };
}

function stepFrom(weights: Float64Array, { downhill, curvature }: Slope): Float64Array {
  const step = solveSymmetric(curvature, downhill);
  const longest = step.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = Math.min(1, LONGEST_STEP / Math.max(longest, Number.MIN_VALUE));
  return weights.map((value, index) => value + scale * at(step, index));
}

/**
 * x with M·x = b by Cholesky's factorisation M = Rᵀ·R.
 * @param upper M's upper triangle, row-major; overwritten with R
 */
function solveSymmetric(upper: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const solution = right.slice();
  for (let row = 0; row < size; row += 1) {
    for (let before = 0; before < row; before += 1) {
      const factor = at(upper, before * size + row);
      for (let column = row; column < size; column += 1)
        add(upper, row * size + column, -factor * at(upper, before * size + column));
      add(solution, row, -factor * at(solution, before));
    }
    const pivot = Math.sqrt(Math.max(at(upper, row * size + row), SMALLEST_PIVOT));
    for (let column = row; column < size; column += 1)
      upper[row * size + column] = at(upper, row * size + column) / pivot;
    upper[row * size + row] = pivot;
    solution[row] = at(solution, row) / pivot;
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    for (let after = row + 1; after < size; after += 1)
      add(solution, row, -at(upper, row * size + after) * at(solution, after));
    solution[row] = at(solution, row) / at(upper, row * size + row);
  }
  return solution;
}
