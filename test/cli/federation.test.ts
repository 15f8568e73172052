import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCli, startCli } from './run-cli.js';
import type { CliOutcome, RunningCli } from './run-cli.js';

type Printed = Readonly<Record<string, unknown>>;

function parsed({ stdout, stderr, exit }: CliOutcome): Printed {
  expect(exit, stderr).to.equal(0);
  return JSON.parse(stdout) as Printed;
}

describe('the commands of a federation', () => {
  let folder: string;
  let coordinator: RunningCli;
  let listening: { readonly address: string; readonly enrolmentAddress: string };
  const at = (...path: string[]): string => join(folder, ...path);
  const platform = (...args: string[]) => runCli([...args, '--dir', at('platform')]);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'guildhall-'));
    await runCli([
      ...['coordinator', 'init', '--dir', at('platform'), '--federation', 'guild'],
      ...['--listen', '127.0.0.1:0', '--enrolment-listen', '127.0.0.1:0'],
    ]);
    coordinator = startCli(['coordinator', 'run', '--dir', at('platform'), '--json', '--log-level', 'silent']);
    listening = JSON.parse(await coordinator.firstLine) as typeof listening;
    await runCli([
      ...['data', 'generate', '--out', at('shops'), '--merchants', '2', '--shoppers', '30', '--items', '100'],
    ]);
  });

  after(async () => {
    const { exit, stdout } = await coordinator.stop();
    expect(exit).to.equal(0);
    expect(stdout).to.contain('"stopped"');
    rmSync(folder, { recursive: true });
  });

  const invite = (merchant: string, file: string) => platform('merchants', 'invite', merchant, '--out', file, '--json');
  const join_ = (dir: string, file: string, ...more: string[]) =>
    runCli(['client', 'join', '--dir', dir, '--invite', file, ...more, '--json']);

  it('carry a merchant from the invite to a checked client', async () => {
    expect(parsed(await invite('alder', at('alder.invite')))).to.include({ merchant: 'alder' });
    const shop = ['--items', at('shops', 'alder', 'items.csv'), '--events', at('shops', 'alder', 'events.csv')];
    const joined = parsed(await join_(at('alder'), at('alder.invite'), ...shop));
    expect(joined).to.include({ merchant: 'alder', federation: 'guild' });

    const { merchants } = parsed(await platform('merchants', 'list', '--json')) as { merchants: Printed[] };
    expect(merchants).to.have.lengthOf(1);
    expect(merchants[0]).to.include({ merchant: 'alder', state: 'enrolled', fingerprint: joined.fingerprint });

    const members = parsed(await runCli(['client', 'members', 'list', '--dir', at('alder'), '--json']));
    expect(members).to.include({ merchant: 'alder', fingerprint: joined.fingerprint, trustsPlatform: false });

    const check = parsed(await runCli(['client', 'check', '--dir', at('alder'), '--json']));
    expect(check.ready).to.equal(true);
    const budget = parsed(await runCli(['client', 'budget', '--dir', at('alder'), '--json']));
    expect(budget.total).to.deep.include({ epsilon: 0, ceiling: 16 });
    const status = parsed(await platform('coordinator', 'status', '--json'));
    expect(status).to.deep.include({ federation: 'guild', jobs: [], rounds: [] });
  });

  it('count bad rows with their lines, locally', async () => {
    const events = at('shops', 'alder', 'events.csv');
    const lines = readFileSync(events, 'utf8').trimEnd().split('\n').length;
    appendFileSync(events, 'someone,no-such-item,0\n');
    const { exit, stdout } = await runCli(['client', 'check', '--dir', at('alder')]);
    expect(exit).to.equal(0);
    expect(stdout)
      .to.contain('1 rows refused')
      .and.to.contain(`${events}:${lines + 1}: `);
  });

  it('refuse a policy that cannot be met, with file and line, and exit with 4', async () => {
    const file = at('alder', 'policy.toml');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, good.replace(/minimum_survivors = \d+/, 'minimum_survivors = 1'));
    try {
      const run = await runCli(['client', 'run', '--dir', at('alder')]);
      expect(run.exit).to.equal(4);
      expect(run.stderr)
        .to.contain('POLICY_MALFORMED')
        .and.to.match(/policy\.toml:\d+/);
      const check = await runCli(['client', 'check', '--dir', at('alder'), '--json']);
      expect(check.exit).to.equal(4);
      expect((JSON.parse(check.stdout) as Printed).ready).to.equal(false);
    } finally {
      writeFileSync(file, good);
    }
  });

  it('refuse an invite that is altered or used up, and leave nothing behind', async () => {
    parsed(await invite('birch', at('birch.invite')));
    const text = readFileSync(at('birch.invite'), 'utf8');
    const altered: readonly (readonly [string, string, RegExp])[] = [
      ['garbage', 'not an invite', /INVITE_/],
      ['other-token', text.replace(/token = "[0-9a-f]{4}/, 'token = "0000'), /INVITE_/],
    ];
    for (const [name, content, code] of altered) {
      writeFileSync(at(`${name}.invite`), content);
      const { exit, stderr } = await join_(at(name), at(`${name}.invite`));
      expect(exit, name).to.equal(5);
      expect(stderr, name).to.match(code);
      expect(existsSync(at(name)), name).to.equal(false);
    }
    parsed(await join_(at('birch'), at('birch.invite')));
    const reused = await join_(at('again'), at('birch.invite'));
    expect(reused.exit).to.equal(5);
    expect(reused.stderr).to.contain('INVITE_');
    expect(readdirSync(folder).filter((name) => name.includes('joining'))).to.deep.equal([]);
  });

  it('do not write an invite over a file, and ask for none then', async () => {
    writeFileSync(at('taken.invite'), 'kept');
    const { exit, stderr } = await invite('cedar', at('taken.invite'));
    expect(exit).to.equal(9);
    expect(stderr).to.contain('FILE_UNWRITABLE');
    expect(readFileSync(at('taken.invite'), 'utf8')).to.equal('kept');
    const { merchants } = parsed(await platform('merchants', 'list', '--json')) as { merchants: Printed[] };
    expect(merchants.map(({ merchant }) => merchant)).to.not.include('cedar');
  });

  it('say that a port is in use', async () => {
    const busy = ['--listen', `127.0.0.1:${listening.address.split(':').at(-1) ?? ''}`];
    await runCli([
      ...['coordinator', 'init', '--dir', at('second'), '--federation', 'guild', ...busy],
      ...['--enrolment-listen', '127.0.0.1:0'],
    ]);
    const { exit, stderr } = await runCli(['coordinator', 'run', '--dir', at('second'), '--log-level', 'silent']);
    expect(exit).to.equal(6);
    expect(stderr).to.contain('PORT_IN_USE');
  });

  it('say that a place cannot be written to, and leave nothing half-written', async () => {
    writeFileSync(at('file'), '');
    const init = await runCli(['coordinator', 'init', '--dir', at('file', 'platform'), '--federation', 'guild']);
    expect(init.exit).to.equal(9);
    parsed(await invite('elder', at('elder.invite')));
    const joining = await join_(at('file', 'elder'), at('elder.invite'));
    expect(joining.exit).to.equal(9);
    // The one-time invite was not used up by a machine that could not keep its keys.
    expect(parsed(await join_(at('elder'), at('elder.invite')))).to.include({ merchant: 'elder' });
    const generate = await runCli(['data', 'generate', '--out', at('file', 'shops')]);
    expect(generate.exit).to.equal(9);
  });

  it('say that nothing runs, or nobody joined, in a directory', async () => {
    const absent = ['--dir', at('absent')];
    expect((await runCli(['coordinator', 'status', ...absent])).exit).to.equal(4);
    expect((await runCli(['client', 'budget', ...absent])).stderr).to.contain('STATE_MISSING');
    const stopped = await runCli(['coordinator', 'status', '--dir', at('second')]);
    expect(stopped.exit).to.equal(6);
    expect(stopped.stderr).to.contain('COORDINATOR_NOT_RUNNING');
  });

  it('plan and submit jobs, and refuse what cannot be', async () => {
    const few = await platform('jobs', 'submit', '--jobs', 'reranker');
    expect(few.exit).to.equal(4);
    expect(few.stderr).to.contain('ROSTER_IMPOSSIBLE');
    const uncounted = await platform('jobs', 'submit', '--jobs', 'counts', '--merchants', '4');
    expect(uncounted.exit).to.equal(2);
    expect(uncounted.stderr).to.contain('--catalogue');
    const { jobs } = parsed(await platform('jobs', 'submit', '--jobs', 'reranker', '--merchants', '4', '--json')) as {
      jobs: Printed[];
    };
    expect(jobs).to.have.lengthOf(1);
    expect(jobs[0]).to.include({ job: 'reranker', steps: 2 });
    const twice = await platform('jobs', 'submit', '--jobs', 'reranker', '--merchants', '4');
    expect(twice.stderr).to.contain('JOB_EXISTS');
    const labelled = await platform(
      'jobs',
      'submit',
      '--jobs',
      'reranker',
      '--merchants',
      '4',
      '--label',
      'again',
      '--json',
    );
    expect(parsed(labelled).jobs).to.deep.include({
      job: 'reranker-again',
      kind: 'reranker',
      steps: 2,
      dimension: 350,
    });
    const loud = await platform('jobs', 'submit', '--jobs', 'mlp', '--merchants', '4', '--no-privacy-noise');
    expect(loud.stderr).to.contain('WARNING').and.to.contain('NOT protected');
  });

  it('revoke a merchant', async () => {
    parsed(await platform('merchants', 'revoke', 'birch', '--json'));
    const { merchants } = parsed(await platform('merchants', 'list', '--json')) as { merchants: Printed[] };
    expect(merchants.find(({ merchant }) => merchant === 'birch')).to.include({ state: 'revoked' });
    const unknown = await platform('merchants', 'revoke', 'nobody');
    expect(unknown.stderr).to.contain('MERCHANT_UNKNOWN');
  });
});
