import type { Catalogue } from '../types.js';

/** One shopper's purchases with their times, oldest first. */
export interface TimedHistory {
  readonly items: Int32Array;
  /** As long as `items`, never falling; any unit, the same for all. */
  readonly times: Float64Array;
}

/** Purchases that a group's own figures must outweigh before they count more than those of the group above. */
const PRIOR_TRIALS = 5;
/** The same for one shopper's own rhythm with an item. */
const PERSONAL_PRIOR = 2;
/** Log intervals are never taken to spread less than this. */
const LEAST_SPREAD = 0.3;
/** Items less likely than this to come again within one typical interval are not due. */
const LEAST_DUE = 0.02;

/** How often and how soon a group of items is bought again. */
interface Rhythm {
  /** Share of purchases that another one of the same item by the same shopper follows. */
  readonly again: number;
  /** Mean of ln(interval). */
  readonly logInterval: number;
}

interface Tally {
  repeats: number;
  trials: number;
  logSum: number;
}

/**
 * When purchases come again. Intervals between a shopper's purchases of one item are lognormal; how many come again, and
 * after how long, is estimated for every item and drawn towards its category and the whole catalogue, and for a shopper
 * who has bought an item several times towards that shopper's own rhythm. An item just bought is not due; it
 * grows due towards its typical interval, and is given up long after.
 */
export class RepeatModel {
  private readonly rhythms: readonly Rhythm[];
  private readonly spread: number;
  private readonly horizon: number;

  private constructor(rhythms: readonly Rhythm[], spread: number, horizon: number) {
    this.rhythms = rhythms;
    this.spread = spread;
    this.horizon = horizon;
  }

  /** Learns from histories; undefined where nobody ever bought an item again at a later time. */
  static fit(histories: readonly TimedHistory[], catalogue: Catalogue): RepeatModel | undefined {
    const purchases = histories.map(purchasesOf);
    const logIntervals = purchases.flatMap((own) => own.flatMap(({ times }) => logGaps(times)));
    if (logIntervals.length === 0) return undefined;
    const mean = logIntervals.reduce((sum, value) => sum + value, 0) / logIntervals.length;
    const variance = logIntervals.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logIntervals.length;
    const horizon = Math.exp(mean);
    const { items } = catalogue;
    const perItem = items.map(emptyTally);
    histories.forEach(({ times }, shopper) => {
      const end = times.at(-1) ?? 0;
      for (const one of purchases[shopper] ?? []) addPurchases(perItem[one.item], one.times, end, horizon);
    });
    const perCategory = new Map<string, Tally>();
    const whole = emptyTally();
    perItem.forEach((tally, item) => {
      const category = items[item]?.category ?? '';
      const group = perCategory.get(category) ?? emptyTally();
      perCategory.set(category, group);
      merge(group, tally);
      merge(whole, tally);
    });
    const top = { again: whole.repeats / Math.max(1, whole.trials), logInterval: mean };
    const groups = new Map(Array.from(perCategory, ([name, tally]) => [name, shrunk(tally, top)] as const));
    const rhythms = perItem.map((tally, item) => shrunk(tally, groups.get(items[item]?.category ?? '') ?? top));
    return new RepeatModel(rhythms, Math.max(LEAST_SPREAD, Math.sqrt(variance)), horizon);
  }

  /** Typical interval between two purchases of an item by one shopper, in the unit of the times. */
  typicalInterval(item: number): number {
    return Math.exp(this.rhythms[item]?.logInterval ?? Math.log(this.horizon));
  }

  /**
   * Items of a history that are due, with the probability that the shopper buys each again within one typical interval
   * of the catalogue from now.
   */
  due(items: Int32Array, times: Float64Array, now: number): Map<number, number> {
    const result = new Map<number, number>();
    for (const { item, times: own } of purchasesOf({ items, times })) {
      const probability = this.probability(item, own, now);
      if (probability >= LEAST_DUE) result.set(item, probability);
    }
    return result;
  }

  private probability(item: number, times: readonly number[], now: number): number {
    const rhythm = this.rhythms[item];
    if (rhythm === undefined) return 0;
    const gaps = logGaps(times);
    const weight = gaps.length + PERSONAL_PRIOR;
    const logInterval = (gaps.reduce((sum, gap) => sum + gap, 0) + PERSONAL_PRIOR * rhythm.logInterval) / weight;
    const again = (gaps.length + PERSONAL_PRIOR * rhythm.again) / weight;
    const elapsed = now - (times.at(-1) ?? now);
    const later = (after: number): number =>
      after <= 0 ? 1 : 1 - normalCumulative((Math.log(after) - logInterval) / this.spread);
    const still = later(elapsed);
    return (again * (still - later(elapsed + this.horizon))) / (1 - again + again * still);
  }
}

interface Purchases {
  readonly item: number;
  /** Distinct times, ascending: what is bought at one time is one purchase. */
  readonly times: number[];
}

function purchasesOf({ items, times }: TimedHistory): Purchases[] {
  const byItem = new Map<number, number[]>();
  items.forEach((item, at) => {
    const time = times[at] ?? 0;
    const own = byItem.get(item);
    if (own === undefined) byItem.set(item, [time]);
    else if (time > (own.at(-1) ?? time)) own.push(time);
  });
  return Array.from(byItem, ([item, own]) => ({ item, times: own }));
}

function logGaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, at) => Math.log(time - (times[at] ?? 0)));
}

function emptyTally(): Tally {
  return { repeats: 0, trials: 0, logSum: 0 };
}

/** The last purchase is a trial only when there was time for another one after it. */
function addPurchases(tally: Tally | undefined, times: readonly number[], end: number, horizon: number): void {
  if (tally === undefined) return;
  const gaps = logGaps(times);
  tally.repeats += gaps.length;
  tally.trials += gaps.length + (end - (times.at(-1) ?? end) >= horizon ? 1 : 0);
  tally.logSum += gaps.reduce((sum, gap) => sum + gap, 0);
}

function merge(into: Tally, from: Tally): void {
  into.repeats += from.repeats;
  into.trials += from.trials;
  into.logSum += from.logSum;
}

function shrunk(tally: Tally, above: Rhythm): Rhythm {
  return {
    again: (tally.repeats + PRIOR_TRIALS * above.again) / (tally.trials + PRIOR_TRIALS),
    logInterval: (tally.logSum + PRIOR_TRIALS * above.logInterval) / (tally.repeats + PRIOR_TRIALS),
  };
}

/** Φ, to 1.5e−7 (Abramowitz and Stegun 7.1.26). */
function normalCumulative(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const series =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-z * z);
  return x >= 0 ? 1 - series / 2 : series / 2;
}
