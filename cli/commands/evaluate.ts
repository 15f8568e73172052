import type { Command } from 'commander';
import type { EvaluatedModelName } from '../../recommender/index.js';
import { InvalidArgumentError } from 'commander';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { fixed } from '../figures.js';
import { required, text } from '../options.js';
import { renderTable } from '../table.js';

interface EvaluateOptions {
  readonly data: string;
  readonly models: readonly string[];
}

/** `guildhall evaluate`: what has to be beaten, on anybody's files. */
export function addEvaluateCommand(program: Command, io: Io): void {
  addCommand<EvaluateOptions>(program, io, {
    usage: 'evaluate',
    description: 'Measure baselines on a shop: full ranking of the catalogue, leave-one-out, ties at expected rank.',
    options: [
      required('--data <dir>', 'a folder with items.csv and events.csv, plain or gzipped', text),
      required('--models <list>', 'names, separated by commas; a wrong one lists them all', nonEmptyList),
    ],
    async run({ result, progress }, { data, models }) {
      const { EVALUATED_MODEL_NAMES, evaluate, isEvaluatedModelName, loadEngine } =
        await import('../../recommender/index.js');
      const { GuildhallError } = await import('../../errors/index.js');
      const { readShopFolder } = await import('../../simulations/files.js');
      const chosen = models.map((name): EvaluatedModelName => {
        if (isEvaluatedModelName(name)) return name;
        throw new GuildhallError('USAGE', `"${name}" is no model; there are ${EVALUATED_MODEL_NAMES.join(', ')}.`);
      });
      progress.update(`Reading ${data} …`);
      const { shop, report } = await readShopFolder(data);
      const engine = await loadEngine();
      const evaluation = await evaluate(shop, chosen, {
        engine,
        onModel: (model) => progress.update(`Evaluating ${model} …`),
      });
      const { items, shoppers, events } = report.shop;
      const refused = report.items.rows - report.items.used + report.events.rows - report.events.used;
      if (refused > 0) progress.say(`${refused} rows were refused; see guildhall client check for where they are.`);
      result({ data: { items, shoppers, events, evaluated: evaluation.shoppers }, models: evaluation.models }, () =>
        renderTable(
          [
            { heading: 'model' },
            ...['HR@10', 'NDCG@10', 'MRR@10', 'Precision@10', 'MAP@10'].map((heading) => ({
              heading,
              align: 'right' as const,
            })),
          ],
          evaluation.models.map((row) => [
            row.model,
            ...[row.hr10, row.ndcg10, row.mrr10, row.precision10, row.map10].map((figure) => fixed(figure, 4)),
          ]),
        ),
      );
    },
  });
}

function nonEmptyList(value: string): string[] {
  const names = value.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('It must be names separated by commas.');
  return [...new Set(names)];
}
