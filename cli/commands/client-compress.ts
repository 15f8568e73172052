import type { Command } from 'commander';
import { Option } from 'commander';
import type { CompressReport } from '../../client/index.js';
import type { Precision } from '../../recommender/index.js';
import { clientDirectory } from '../directories.js';
import { bytes } from '../figures.js';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { renderPairs } from '../table.js';

interface CompressCommandOptions {
  readonly dir: string;
  readonly precision: Precision;
  readonly distil?: true;
  readonly remove?: true;
}

const NOTES = `Recommendations then use the smaller form, if the gate lets it in, until the client has a newer release; make it again
then. int8 takes a quarter of the bytes and compares items about four times as fast; docs/recommender.md has the figures.
--distil teaches a smaller tower on this shop's own purchases, never the gate's shoppers; nothing is sent.`;

/** `guildhall client compress`: a smaller form of the released tower. */
export function addClientCompress(group: Command, io: Io): void {
  addCommand<CompressCommandOptions>(group, io, {
    usage: 'compress',
    description: 'Keep the newest released tower in a smaller form, which recommendations then use.',
    options: [
      clientDirectory(),
      new Option('--precision <form>', 'how its numbers and the item vectors are kept')
        .choices(['float32', 'float16', 'int8'])
        .default('int8'),
      new Option('--distil', 'teach a smaller tower first, of a fifth of the parameters'),
      new Option('--remove', 'use the release as it is again').conflicts('distil'),
    ],
    notes: NOTES,
    async run({ result, progress, signal }, { dir, precision, distil, remove }) {
      const { compressTower, removeCompressedTower } = await import('../../client/index.js');
      if (remove === true) {
        const removed = removeCompressedTower(dir);
        result({ removed }, () => `${removed} is gone; the release is used as it is.`);
        return;
      }
      const report = await compressTower({
        ...{ dir, precision, signal },
        origin: distil === true ? 'distilled' : 'released',
        onProgress: ({ stage }) => progress.update(`${stage} …`),
        onEpoch: (sentence) => progress.update(sentence),
      });
      result(report, () => render(report));
    },
  });
}

function render(report: CompressReport): string {
  return renderPairs([
    ['file', report.file],
    ['size', bytes(report.bytes)],
    ['form', `${report.origin}, ${report.precision}`],
    ['parameters', `${report.parameters} of ${report.releasedParameters}`],
  ]);
}
