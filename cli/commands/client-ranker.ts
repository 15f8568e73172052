import type { Option } from 'commander';
import type { MerchantRanker, ServedPromotion } from '../../client/index.js';
import { GuildhallError } from '../../errors/index.js';
import type { Invocation } from '../invocation.js';
import { optional, text } from '../options.js';

/** Opens a merchant's ranker for one answer. */
export async function openRanker({ progress }: Invocation, dir: string): Promise<MerchantRanker> {
  const { MerchantRanker: Opened } = await import('../../client/index.js');
  return Opened.open({ dir, onProgress: ({ stage }) => progress.update(`${stage} …`), search: 'exact' });
}

/** The options that name an item of the catalogue, or describe one that is not in it yet. */
export function promotedItem(): Option[] {
  return [
    optional('--item <id>', 'an item of the catalogue', text).conflicts('title'),
    optional('--title <text>', 'the title of an item that is not in the catalogue yet', text),
    optional('--brand <text>', "the new item's brand", String, ''),
    optional('--category <path>', "the new item's category, from the broadest word", String, ''),
  ];
}

/** @throws GuildhallError USAGE when neither an item nor a title is given */
export function promotionOf(given: {
  readonly item?: string;
  readonly title?: string;
  readonly brand: string;
  readonly category: string;
}): ServedPromotion {
  const { item, title, brand, category } = given;
  if (item !== undefined) return { item };
  if (title === undefined) throw new GuildhallError('USAGE', 'Give --item, or --title of an item that is new.');
  return { newItem: { title, brand, category } };
}

/** Parses ids separated by commas. */
export function list(value: string): string[] {
  return value.split(',').map((id) => text(id.trim()));
}
