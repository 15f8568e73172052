import type { Engine } from '../engine/index.js';
import { splitGate } from '../gate/index.js';
import type { GateSplit } from '../gate/index.js';
import { Mix } from '../mix/index.js';
import type { SparseMatrix } from '../mix/index.js';
import { fullLists, pairAttributes, teachingLists } from '../reranker/index.js';
import type { FullList, PairAttributes, StrictList } from '../reranker/index.js';
import type { TextIndex } from '../text/index.js';
import type { Shop } from '../types.js';
import { eventsBeforeTest, isEvaluated, lessons, trainingEvents, validationCase } from './conventions.js';

/** One merchant's data in the roles that contributions and evaluation need. */
export interface Merchant {
  readonly engine: Engine;
  readonly shop: Shop;
  /** Of the shop's catalogue. */
  readonly text: TextIndex;
  readonly attributes: PairAttributes;
  readonly split: GateSplit;
}

/** What {@link openMerchant} needs. */
export interface MerchantParts {
  readonly engine: Engine;
  readonly shop: Shop;
  readonly text: TextIndex;
  /** At least 16 bytes that never leave the merchant and stay the same for as long as it takes part. */
  readonly gateSecret: Uint8Array;
}

/**
 * Splits off the gate shoppers and prepares the catalogue's attributes.
 * @throws RangeError when the text index is of another catalogue or the secret is too short
 */
export function openMerchant(parts: MerchantParts): Merchant {
  const { engine, shop, text, gateSecret } = parts;
  if (text.items !== shop.catalogue.items.length)
    throw new RangeError('The text index is of another catalogue than the shop.');
  return {
    engine,
    shop,
    text,
    attributes: pairAttributes(shop.catalogue),
    split: splitGate(gateSecret, shop.shoppers),
  };
}

/**
 * The histories that a counts release may see: all events but the test item, of contributors only.
 * @returns one history a contributor, in the order of the shop
 */
export function contributedHistories(merchant: Merchant): Int32Array[] {
  return merchant.split.contributors.map(eventsBeforeTest);
}

/**
 * The lists that a re-ranker release may see, one array a contributor in the order of the split: of the contributor's
 * {@link lessons}, those whose target is in the list. From text alone, so that each depends on its shopper only; an
 * item that the shopper had bought before is not in the list.
 */
export function* contributedLists(merchant: Merchant): Generator<StrictList[], void, undefined> {
  const { engine, text, attributes, split } = merchant;
  const cases = split.contributors.map((shopper) => (isEvaluated(shopper) ? lessons(shopper) : []));
  const lists = teachingLists(engine, text, attributes, cases.flat());
  for (const { length } of cases) yield Array.from({ length }, () => lists.next().value ?? []).flat();
}

/**
 * Lists for local training where a contract adds no noise: one a contributor who is evaluated, of the validation item,
 * with the top of the full mix and own features. Own evidence is counted from contributors' training events only, so that
 * gate shoppers do not even enter as evidence.
 * @param released.counts the federated statistic in the mix, where there is one
 */
export function trainingLists(
  merchant: Merchant,
  released: { readonly counts?: SparseMatrix } = {},
): Generator<FullList, void, undefined> {
  const { engine, text, attributes, split } = merchant;
  const own = Mix.build({ engine, text, histories: split.contributors.map(trainingEvents) });
  const mix = released.counts === undefined ? own : own.with({ federated: released.counts });
  return fullLists(mix, attributes, split.contributors.filter(isEvaluated).map(validationCase));
}
