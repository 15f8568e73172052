import { eventsBeforeTest, isEvaluated, testCase } from '../recommender/merchant/index.js';
import type { Merchant, NextItem } from '../recommender/merchant/index.js';
import { Mix } from '../recommender/mix/index.js';

/** The merchant's own mix under default weights, of all events but test items. */
export function ownMix({ engine, text, shop }: Merchant): Mix {
  return Mix.build({ engine, text, histories: shop.shoppers.map(eventsBeforeTest) });
}

/** The test items of a merchant's shoppers, each after all other events. */
export function testCases({ shop }: Merchant): NextItem[] {
  return shop.shoppers.filter(isEvaluated).map(testCase);
}

export const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

/** What a change brings over merchants, in per cent of the mean before, and how many of them it helps. */
export interface GainOverMerchants {
  readonly gainPercent: number;
  readonly better: number;
  readonly of: number;
}

/** @param before, after one figure a merchant, in the same order */
export function gainOverMerchants(before: readonly number[], after: readonly number[]): GainOverMerchants {
  const gains = after.map((value, merchant) => value - (before[merchant] ?? 0));
  return {
    gainPercent: (100 * mean(gains)) / mean(before),
    better: gains.filter((gain) => gain > 0).length,
    of: gains.length,
  };
}

/** Writes one line of JSON to standard output. */
export function printLine(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
