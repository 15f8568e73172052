import type { Command } from 'commander';
import type { Preview, SeenContract } from '../../client/index.js';
import { bytes, fixed } from '../figures.js';
import { clientDirectory } from '../directories.js';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { renderPairs, renderTable } from '../table.js';

interface DirOptions {
  readonly dir: string;
}

/** `guildhall client contracts` and `guildhall client preview`: what was proposed, why it was accepted or declined, what it sends. */
export function addContractsCommands(client: Command, io: Io): void {
  addCommand<DirOptions>(client, io, {
    usage: 'contracts [contract]',
    description: 'List the contracts seen, or explain one rule by rule. Works while the client runs.',
    options: [clientDirectory()],
    notes:
      'Name a contract by the first digits of its hash. Its rules are shown as they judged when it was last seen; the\nlast 1,000 contracts are remembered.',
    async run({ result }, { dir }, [contract]) {
      const { listContracts } = await import('../../client/index.js');
      const contracts = listContracts({ dir, contract });
      result({ contracts }, () =>
        contract === undefined ? renderContracts(contracts) : contracts.map(explain).join('\n\n'),
      );
    },
  });

  addCommand<DirOptions>(client, io, {
    usage: 'preview [contract]',
    description: 'Print what a contract would make leave the building: shapes and terms only, no data is read.',
    options: [clientDirectory()],
    notes: 'Name a contract by the first digits of its hash; without one it is the newest that was seen.',
    async run({ result }, { dir }, [contract]) {
      const { previewContract } = await import('../../client/index.js');
      const preview = previewContract({ dir, contract });
      result(preview, () => renderPreview(preview));
    },
  });
}

function renderContracts(contracts: readonly SeenContract[]): string {
  if (contracts.length === 0) return 'No contract has been seen yet.';
  return renderTable(
    [
      { heading: 'contract' },
      { heading: 'seen' },
      { heading: 'job' },
      { heading: 'round', align: 'right' },
      { heading: 'task' },
      { heading: 'decision' },
      { heading: 'why' },
    ],
    contracts.map((contract) => [
      contract.sha256.slice(0, 12),
      contract.seen,
      contract.job,
      String(contract.round),
      contract.task,
      contract.decision,
      reasons(contract).join(', '),
    ]),
  );
}

/** Codes that stand against a contract, each once. */
function reasons({ codes, rules }: SeenContract): readonly string[] {
  return [...new Set([...codes, ...rules.flatMap(({ code }) => code ?? [])])];
}

function explain(contract: SeenContract): string {
  const { sha256, job, round, step, steps, task, seen, decision } = contract;
  return [
    renderPairs([
      ['contract', sha256],
      ['job', `${job}, round ${round}, step ${step} of ${steps}`],
      ['task', task],
      ['seen', seen],
      ['decision', [decision, ...reasons(contract)].join(' ')],
    ]),
    renderTable(
      [{ heading: 'rule' }, { heading: 'contract' }, { heading: 'policy' }, { heading: 'verdict' }],
      contract.rules.map((rule) => [
        rule.rule,
        rule.contract,
        rule.policy,
        rule.accepted ? 'accepts' : `declines: ${rule.code ?? ''}`,
      ]),
    ),
  ].join('\n\n');
}

function renderPreview(preview: Preview): string {
  const { before, after, ownNoise, leastNoise } = preview;
  const spent = ({ epsilon, advantage }: Preview['before']): string =>
    `ε ${fixed(epsilon, 3)} at δ = ${preview.delta}, advantage at most ${fixed(advantage, 3)}`;
  const units = (deviation: number | undefined): string =>
    deviation === undefined ? 'none' : `standard deviation ${fixed(deviation, 3)} in each coordinate`;
  return renderPairs([
    ['contract', preview.contract],
    ['job', `${preview.job}, round ${preview.round}, ${preview.task}`],
    [
      'what leaves',
      `one masked vector of ${preview.dimension} numbers of ${preview.ringBits} bits, ${bytes(preview.bytes)}`,
    ],
    ['of each shopper', `at most ${fixed(preview.bound, 3)} (${preview.mechanism === 'laplace' ? 'L1' : 'L2'} norm)`],
    ['sampled', `each shopper with probability ${preview.samplingRate}`],
    ['own noise', `${units(ownNoise)}${preview.mechanism === 'local' ? ', in each local step' : ''}`],
    ['noise of the sum', preview.mechanism === 'local' ? 'no more than the own noise of each' : units(leastNoise)],
    ...(preview.spent
      ? ([['spent', `${spent(before)}; this round is a part of it`]] as const)
      : ([
          ['spent before', spent(before)],
          ['spent after', spent(after)],
        ] as const)),
  ]);
}
