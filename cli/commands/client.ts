import type { Command } from 'commander';
import type { EvaluationReport } from '../../client/index.js';
import { bytes, fixed, percent, signedPercent } from '../figures.js';
import { clientDirectory } from '../directories.js';
import { addCommand, addGroup } from '../invocation.js';
import type { Io } from '../io.js';
import { optional, real, required, text } from '../options.js';
import { renderPairs } from '../table.js';
import { renderBudget } from './client-budget.js';
import { addContractsCommands } from './client-contracts.js';
import { addLedgerCommands } from './client-ledger.js';
import { addMembersCommands } from './client-members.js';
import { addPolicyCommand } from './client-policy.js';
import { addPopularCommand } from './client-popular.js';
import { addClientRun } from './client-run.js';
import { renderCheck } from './client-check.js';
import { addClientCampaign } from './client-campaign.js';
import { addClientCompress } from './client-compress.js';
import { addClientExploreReport } from './client-explore.js';
import { addClientRenew } from './client-renew.js';
import { addClientRecommend } from './client-recommend.js';

interface DirOptions {
  readonly dir: string;
}

interface JoinOptions extends DirOptions {
  readonly invite: string;
  readonly items?: string;
  readonly events?: string;
  readonly patienceSeconds: number;
}

/** `guildhall client`: the merchant's process. */
export function addClientCommands(program: Command, io: Io): void {
  const group = addGroup(program, 'client', "Join a federation and run the merchant's process.");

  addCommand<JoinOptions>(group, io, {
    usage: 'join',
    description: 'Make the state directory with fresh keys and enrol with an invite file.',
    options: [
      clientDirectory(),
      required('--invite <file>', "the platform's invite file; it works once", text),
      optional('--items <file>', 'the catalogue, written into client.toml', text),
      optional('--events <file>', 'the purchases, written into client.toml', text),
      optional(
        '--patience-seconds <seconds>',
        'how long to try to reach the coordinator',
        real({ min: 0, max: 3600 }),
        5,
      ),
    ],
    async run({ result, signal }, { dir, invite, items, events, patienceSeconds }) {
      const { joinFederation } = await import('../../client/index.js');
      const joined = await joinFederation({
        dir,
        invite,
        items,
        events,
        signal,
        patienceMs: 1000 * patienceSeconds,
      });
      result(joined, () =>
        renderPairs([
          ['merchant', joined.merchant],
          ['federation', joined.federation],
          ['directory', joined.dir],
          ['fingerprint', joined.fingerprint],
          ['certificate until', joined.certificateExpires],
        ]).concat('\n\nRead the fingerprint to the other merchants by a way outside the platform, and pin theirs.'),
      );
    },
  });

  addMembersCommands(group, io);

  addCommand<DirOptions>(group, io, {
    usage: 'check',
    description: 'Look at everything that a run needs, without taking part in anything. Exits with 4 when not ready.',
    options: [clientDirectory()],
    async run({ result, signal, fail }, { dir }) {
      const { checkClient } = await import('../../client/index.js');
      const report = await checkClient({ dir, signal });
      result(report, () => renderCheck(report));
      if (!report.ready) fail('configuration');
    },
  });

  addClientRun(group, io);
  addClientRenew(group, io);
  addClientRecommend(group, io);
  addClientCampaign(group, io);
  addClientCompress(group, io);
  addClientExploreReport(group, io);

  addCommand<DirOptions>(group, io, {
    usage: 'budget',
    description: 'Verify the ledger and print what was spent, by job, and what is left. Works while the client runs.',
    options: [clientDirectory()],
    async run({ result }, { dir }) {
      const { reportBudget } = await import('../../client/index.js');
      const report = reportBudget({ dir });
      result(report, () => renderBudget(report));
    },
  });

  addLedgerCommands(group, io);
  addPolicyCommand(group, io);
  addContractsCommands(group, io);
  addPopularCommand(group, io);

  addCommand<DirOptions>(group, io, {
    usage: 'evaluate',
    description: "Measure what the merchant has alone and together, on its own shoppers' last items. Nothing is sent.",
    options: [clientDirectory()],
    async run({ result, progress, logger, signal }, { dir }) {
      const { evaluateClient } = await import('../../client/index.js');
      const report = await evaluateClient({
        dir,
        logger: await logger(),
        signal,
        onProgress: ({ stage }) => progress.update(`${stage} …`),
      });
      result(report, () => renderEvaluation(report));
    },
  });
}

function renderEvaluation(report: EvaluationReport): string {
  if (report.shoppers === 0) return 'No shopper has four events, so there is nobody to measure the ranking on.';
  const { alone, tuned, together, gain, gainOverTuned, tower } = report;
  const change = ({ relative: { mean, low, high } }: typeof gain): string =>
    `${signedPercent(mean)} [${percent(low)}, ${percent(high)}] at 95 %`;
  const figures = ({ hr10, ndcg10 }: { hr10: number; ndcg10: number }): string =>
    `HR@10 ${fixed(hr10, 4)}, NDCG@10 ${fixed(ndcg10, 4)}`;
  return [
    renderPairs([
      ['merchant', report.name],
      ['shoppers', String(report.shoppers)],
      ['alone', figures(alone)],
      ['alone, tuned', figures(tuned)],
      ['together', figures(together)],
      ['gain over alone', change(gain)],
      ['gain over tuned', change(gainOverTuned)],
      ...(tower === undefined
        ? []
        : ([
            ['tower alone', `${figures(tower.trained)}; untrained ${figures(tower.untrained)}`],
            ['gain by training it', change(tower.gain)],
            ['gain in the mix', change(tower.gainInMix)],
          ] as const)),
      [
        'spent',
        `ε ${fixed(report.epsilon, 3)} at δ = ${report.delta}, advantage at most ${fixed(report.advantage, 3)}`,
      ],
      ['sent', bytes(report.bytesSent)],
      ['models', report.models.map(({ job, version }) => `${job} version ${version}`).join(', ')],
    ]),
    report.weights,
    ...(tower === undefined ? [] : [tower.form]),
    ...report.decisions.map(({ reason }) => reason),
  ].join('\n');
}
