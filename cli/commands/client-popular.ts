import type { Command } from 'commander';
import type { PopularItems } from '../../client/index.js';
import { clientDirectory } from '../directories.js';
import { fixed } from '../figures.js';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { integer, optional } from '../options.js';
import { renderTable } from '../table.js';

interface PopularOptions {
  readonly dir: string;
  readonly most: number;
}

/** `guildhall client popular`. */
export function addPopularCommand(group: Command, io: Io): void {
  addCommand<PopularOptions>(group, io, {
    usage: 'popular',
    description:
      'Print which items the shoppers of all merchants bought last, as released with noise. For reports; nothing is sent.',
    options: [clientDirectory(), optional('--most <count>', 'items of each release', integer({ min: 1 }), 20)],
    async run({ result }, options) {
      const { popularItems } = await import('../../client/index.js');
      const releases = popularItems(options);
      result(releases, () => releases.map(render).join('\n\n') || 'No popularity has been released yet.');
    },
  });
}

function render({ job, catalogue, itemsAShopper, releases, deviation, items }: PopularItems): string {
  const counted = itemsAShopper === 1 ? 'the item that each bought last' : `the last ${itemsAShopper} items of each`;
  const periods = releases === 1 ? '' : `, the mean of ${releases} releases`;
  const noise = deviation > 0 ? `Noise with a standard deviation of ${fixed(deviation, 1)} is in` : 'No noise is in';
  return [
    `${catalogue}, by ${job}: shoppers, counted for ${counted}${periods}. ${noise} every count.`,
    ...(deviation > 0 ? ['Items that noise alone may explain are left out.'] : []),
    renderTable(
      [{ heading: 'item' }, { heading: 'shoppers', align: 'right' }],
      items.map(({ itemId, count }) => [itemId, Number.isInteger(count) ? String(count) : fixed(count, 1)]),
    ),
  ].join('\n');
}
