import type { Command } from 'commander';
import type { ServedShopper } from '../../client/index.js';
import { clientDirectory } from '../directories.js';
import { fixed } from '../figures.js';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { integer, optional } from '../options.js';
import { renderTable } from '../table.js';
import { openRanker, promotedItem, promotionOf } from './client-ranker.js';

interface CampaignOptions {
  readonly dir: string;
  readonly item?: string;
  readonly title?: string;
  readonly brand: string;
  readonly category: string;
  readonly count: number;
}

/** `guildhall client campaign`: whom to tell of an item. */
export function addClientCampaign(group: Command, io: Io): void {
  addCommand<CampaignOptions>(group, io, {
    usage: 'campaign',
    description:
      'Shoppers whom an item suits best and who have not bought it, or a new item by its text alone. Nothing is sent.',
    options: [
      clientDirectory(),
      ...promotedItem(),
      optional('--count <number>', 'how many shoppers', integer({ min: 1, max: 1_000_000 }), 20),
    ],
    notes:
      'Prints shoppers by their ids as they stand in the data. Which of some promoted items suit one shopper:\n  guildhall client recommend --shopper ID --only ID,ID',
    async run(invocation, { dir, count, ...given }) {
      const promotion = promotionOf(given);
      const ranker = await openRanker(invocation, dir);
      const shoppers = await ranker.campaign(promotion, count);
      for (const note of ranker.notes) invocation.progress.say(note);
      invocation.result({ shoppers, notes: ranker.notes }, () => render(shoppers));
    },
  });
}

function render(shoppers: readonly ServedShopper[]): string {
  if (shoppers.length === 0) return 'Everybody has bought it.';
  return renderTable(
    [{ heading: 'shopper' }, { heading: 'score', align: 'right' }, { heading: 'because' }],
    shoppers.map(({ shopper, score, reasons }) => [shopper, fixed(score, 3), reasons.join('; ')]),
  );
}
