import { join } from 'node:path';
import type { Command } from 'commander';
import type { DataReport } from '../../recommender/index.js';
import type { ShopFiles } from '../../simulations/files.js';
import { renderDataReport } from '../data-report.js';
import { addCommand, addGroup } from '../invocation.js';
import type { Io } from '../io.js';
import { integer, optional, required, text } from '../options.js';
import { renderTable } from '../table.js';

interface GenerateOptions {
  readonly out: string;
  readonly merchants: number;
  readonly shoppers: number;
  readonly items: number;
  readonly seed: number;
}

/** `guildhall data`: files to try things with, and a look at one's own. */
export function addDataCommands(program: Command, io: Io): void {
  const group = addGroup(program, 'data', 'Look at data files, or make some to try guildhall with.');

  addCommand<{ readonly data: string }>(group, io, {
    usage: 'check',
    description: 'Read a shop and report counts, refused rows and anomalies, with lines. Nothing is sent or written.',
    options: [
      required('--data <dir>', 'a folder with items.csv and events.csv, plain or gzipped; or of such folders', text),
    ],
    async run({ result }, { data }) {
      const { readShopFolder, holdsShop, shopFolders } = await import('../../simulations/files.js');
      const names = holdsShop(data) ? [] : shopFolders(data);
      const checked: { readonly name: string; readonly report: DataReport }[] = [];
      // A folder without any shop fails as one shop would, with its files' names.
      for (const name of names.length === 0 ? [''] : names) {
        const { report } = await readShopFolder(join(data, name), { now: Date.now() });
        checked.push({ name, report });
      }
      const [only] = checked;
      const asData =
        names.length === 0 ? only?.report : { merchants: checked.map(({ name, report }) => ({ name, ...report })) };
      result(asData, () => checked.map(renderCheck).join('\n\n'));
    },
  });

  addCommand<GenerateOptions>(group, io, {
    usage: 'generate',
    description: 'Write a synthetic marketplace: one folder a merchant with items.csv and events.csv. Not real data.',
    options: [
      required('--out <dir>', 'where to write; must not exist or be empty', text),
      optional('--merchants <count>', 'merchants', integer({ min: 1, max: 1000 }), 4),
      optional('--shoppers <count>', 'shoppers a merchant', integer({ min: 1, max: 1_000_000 }), 500),
      optional('--items <count>', 'items of the catalogue that all share', integer({ min: 100, max: 100_000 }), 3000),
      optional('--seed <number>', 'the same seed gives the same files', integer({ min: 0 }), 1),
    ],
    async run({ result }, { out, merchants, shoppers, items, seed }) {
      const { inventMarketplace } = await import('../../simulations/marketplace.js');
      const { merchantName } = await import('../../simulations/names.js');
      const { requireEmptyFolder, writeShop } = await import('../../simulations/files.js');
      requireEmptyFolder(out);
      const market = inventMarketplace({ seed: String(seed), merchants, shoppers, items });
      const written: (ShopFiles & { readonly name: string; readonly shoppers: number })[] = [];
      for (const [position, shop] of market.merchants.entries()) {
        const name = merchantName(position);
        const files = await writeShop(join(out, name), shop);
        written.push({ name, shoppers: shop.shoppers.length, ...files });
      }
      result({ synthetic: true, items: market.catalogue.items.length, merchants: written }, () =>
        renderTable(
          [
            { heading: 'merchant' },
            { heading: 'shoppers', align: 'right' },
            { heading: 'items' },
            { heading: 'events' },
          ],
          written.map((entry) => [entry.name, String(entry.shoppers), entry.items, entry.events]),
        ),
      );
    },
  });
}

function renderCheck({ name, report }: { readonly name: string; readonly report: DataReport }): string {
  const { items, shoppers, events } = report.shop;
  const sizes = `${shoppers} shoppers, ${items} items, ${events} events`;
  return [...(name === '' ? [] : [name]), sizes, renderDataReport(report)].join('\n');
}
