import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const COLOURS = ['red', 'blue', 'green', 'black', 'white'];
const THINGS = ['kettle', 'lamp', 'brush', 'mug', 'scarf', 'notebook', 'candle', 'basket'];
const ITEMS = COLOURS.length * THINGS.length;

/** Writes a small shop: 40 items and `shoppers` histories of 6 purchases that follow the items' texts. */
export function writeShop(directory: string, options: { readonly shoppers: number; readonly seed: number }) {
  mkdirSync(directory, { recursive: true });
  const items = join(directory, 'items.csv');
  const events = join(directory, 'events.csv');
  const rows = Array.from({ length: ITEMS }, (_, item) => {
    const thing = THINGS[item % THINGS.length] ?? '';
    const colour = COLOURS[Math.floor(item / THINGS.length)] ?? '';
    return `i${item},${colour} ${thing},brand-${item % 3},home ${thing}`;
  });
  writeFileSync(items, `item_id,title,brand,category\n${rows.join('\n')}\n`);
  const lines = Array.from({ length: options.shoppers }, (_, shopper) =>
    Array.from({ length: 6 }, (_unused, position) => {
      const item = ((options.seed * 7 + shopper * 3) % THINGS.length) + THINGS.length * ((shopper + position) % 5);
      return `u${options.seed}-${shopper},i${item},${position}`;
    }).join('\n'),
  );
  writeFileSync(events, `user_id,item_id,position\n${lines.join('\n')}\n`);
  return { items, events };
}
