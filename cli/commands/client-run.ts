import type { Command } from 'commander';
import { Option } from 'commander';
import type { ClientEvent } from '../../client/index.js';
import { bytes, fixed, percent, signedPercent } from '../figures.js';
import { clientDirectory } from '../directories.js';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { renderPairs } from '../table.js';

interface RunOptions {
  readonly dir: string;
  readonly evaluate?: true;
}

/** `guildhall client run`. */
export function addClientRun(group: Command, io: Io): void {
  addCommand<RunOptions>(group, io, {
    usage: 'run',
    description: 'Take part in every round that the policy accepts, until SIGINT or SIGTERM.',
    options: [clientDirectory(), new Option('--evaluate', "measure the merchant's own gain each time a job is done")],
    notes:
      'A second run on the same directory goes on with the same identity and ledger. With --json each event is a line.',
    async run(invocation, { dir, evaluate }) {
      const { runClient } = await import('../../client/index.js');
      const { json, progress, signal } = invocation;
      const summary = await runClient({
        dir,
        logger: await invocation.logger(),
        signal,
        evaluate: evaluate === true ? 'after-jobs' : 'never',
        onEvent: (event) => {
          const { kind, ...facts } = event;
          if (json) invocation.event({ event: kind, ...facts }, () => '');
          else if (event.kind === 'training') progress.update(describe(event));
          else progress.say(describe(event));
        },
      });
      invocation.event({ event: 'stopped', ...summary }, () =>
        renderPairs([
          ['merchant', summary.merchant],
          ['rounds done', String(summary.roundsDone)],
          ['rounds declined', String(summary.roundsDeclined)],
          ['rounds left', String(summary.roundsLeft)],
          ['sent', bytes(summary.bytesSent)],
        ]),
      );
    },
  });
}

function describe(event: ClientEvent): string {
  switch (event.kind) {
    case 'connected':
      return 'Connected.';
    case 'disconnected':
      return `No connection (${event.code}); trying again in ${fixed(event.retryInMs / 1000, 1)} s.`;
    case 'round-proposed':
      return `A contract was proposed: ${event.contract.slice(0, 16)}…`;
    case 'round-ended':
      return `Round ${event.round} of ${event.job}: ${describeOutcome(event.outcome)}`;
    case 'model':
      return `Model of ${event.job}, version ${event.version}.`;
    case 'job-ended':
      return `Job ${event.job} ${event.state}${event.code === '' ? '' : `: ${event.code}`}.`;
    case 'training': {
      const { stage, percent: done } = event.progress;
      return done === undefined ? `${stage} …` : `${stage}, ${done} % …`;
    }
    case 'evaluated': {
      const { mean, low, high } = event.evaluation.gain.relative;
      return `After ${event.job}: NDCG@10 ${signedPercent(mean)} [${percent(low)}, ${percent(high)}] against alone.`;
    }
  }
}

function describeOutcome(outcome: Extract<ClientEvent, { kind: 'round-ended' }>['outcome']): string {
  switch (outcome.kind) {
    case 'done':
      return 'done.';
    case 'known':
      return 'taken part in before; nothing was sent.';
    case 'declined':
    case 'left':
      return `${outcome.kind}, ${outcome.code}: ${outcome.sentence}`;
  }
}
