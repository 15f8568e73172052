/** A Beta distribution of a rate of success. */
export interface Beta {
  /** Successes, those assumed included; at least ½. */
  readonly taken: number;
  /** The same for failures. */
  readonly refused: number;
}

/** Cells an arm's standard deviation is divided into, and the fewest and most cells in all. */
const CELLS_PER_DEVIATION = 8;
const FEWEST_CELLS = 256;
const MOST_CELLS = 8192;
/** Beyond so many standard deviations there is nothing to integrate. */
const REACH = 9;

/**
 * Probabilities that independent Beta variables come out in certain places: for every k, that arm `chosen[k]` has the
 * (k + 1)-th greatest of all draws. What a Thompson sampler has to log with what it shows.
 *
 * Computed by the midpoint rule in θ, where x = sin²θ: there every Beta density is smooth and about 1/(2√n) wide,
 * whatever its mean. The number of greater draws at a point is Poisson-binomial. Errors are below 10⁻³ of a probability.
 *
 * @param chosen distinct arms, as many as there are places
 */
export function placeProbabilities(arms: readonly Beta[], chosen: readonly number[]): number[] {
  const grid = gridOver(arms);
  const known = new Map<string, Law>();
  const laws = arms.map((arm) => {
    const name = `${arm.taken} ${arm.refused}`;
    const law = known.get(name) ?? lawOn(grid, arm);
    known.set(name, law);
    return law;
  });
  return chosen.map((arm, place) => {
    const others = laws.filter((_, other) => other !== arm);
    const own = laws[arm]?.mass ?? new Float64Array();
    return own.reduce((sum, mass, cell) => (mass === 0 ? sum : sum + mass * exactlyAbove(others, cell, place)), 0);
  });
}

/** The midpoints θ of equal cells, as ln sin θ and ln cos θ. */
interface Grid {
  readonly logSin: Float64Array;
  readonly logCos: Float64Array;
}

function gridOver(arms: readonly Beta[]): Grid {
  const centres = arms.map(({ taken, refused }) => Math.asin(Math.sqrt(taken / (taken + refused))));
  const deviations = arms.map(({ taken, refused }) => 0.5 / Math.sqrt(taken + refused + 1));
  const reach = (sign: 1 | -1): number[] => centres.map((at, arm) => at + sign * REACH * (deviations[arm] ?? 0));
  const low = Math.max(0, Math.min(...reach(-1)));
  const high = Math.min(Math.PI / 2, Math.max(...reach(1)));
  const wanted = Math.ceil(((high - low) * CELLS_PER_DEVIATION) / Math.min(...deviations));
  const cells = Math.min(MOST_CELLS, Math.max(FEWEST_CELLS, wanted));
  const theta = Float64Array.from({ length: cells }, (_, cell) => low + ((cell + 0.5) * (high - low)) / cells);
  return { logSin: theta.map((at) => Math.log(Math.sin(at))), logCos: theta.map((at) => Math.log(Math.cos(at))) };
}

/** One arm's distribution over the cells. */
interface Law {
  readonly mass: Float64Array;
  /** Probability of more than the cell's midpoint. */
  readonly above: Float64Array;
}

function lawOn({ logSin, logCos }: Grid, { taken, refused }: Beta): Law {
  const mass = logSin.map((sine, cell) => (2 * taken - 1) * sine + (2 * refused - 1) * (logCos[cell] ?? 0));
  const greatest = mass.reduce((best, value) => Math.max(best, value), -Infinity);
  let total = 0;
  mass.forEach((value, cell) => {
    const density = Math.exp(value - greatest);
    mass[cell] = density;
    total += density;
  });
  const above = new Float64Array(mass.length);
  let beyond = 0;
  for (let cell = mass.length - 1; cell >= 0; cell--) {
    const share = (mass[cell] ?? 0) / total;
    mass[cell] = share;
    above[cell] = beyond + share / 2;
    beyond += share;
  }
  return { mass, above };
}

/** Probability that exactly `count` of the others lie above a cell's midpoint. */
function exactlyAbove(others: readonly Law[], cell: number, count: number): number {
  const ways = Float64Array.from({ length: count + 1 }, (_, number) => (number === 0 ? 1 : 0));
  for (const { above } of others) {
    const share = above[cell] ?? 0;
    for (let number = count; number >= 0; number--) {
      ways[number] = (ways[number] ?? 0) * (1 - share) + (ways[number - 1] ?? 0) * share;
    }
  }
  return ways.at(-1) ?? 0;
}
