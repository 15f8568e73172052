import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MODEL_NAMES } from '../../cli/commands/evaluate.js';
import { EVALUATED_MODEL_NAMES } from '../../recommender/evaluate/index.js';
import { runCli } from './run-cli.js';

/** The parts of results that are looked at. */
interface Printed {
  readonly answers: readonly object[];
  readonly data: object;
  readonly models: readonly { readonly model: string }[];
  readonly unavailable: readonly object[];
  readonly merchants: readonly { readonly name: string }[];
  readonly summary: readonly object[];
}

const printed = (stdout: string): Printed => JSON.parse(stdout) as Printed;

describe('commands of the recommender', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guildhall-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const shop = (name: string, events: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    writeFileSync(join(path, 'items.csv'), 'item_id,title\na,Red Soap\nb,Blue Soap\nc,Comb\n');
    writeFileSync(join(path, 'events.csv'), `user_id,item_id,position\n${events}`);
    return path;
  };
  const FOUR_EVENTS = 'u,a,0\nu,b,1\nu,c,2\nu,a,3\nv,a,0\nv,b,1\nv,b,2\nv,c,3\n';

  it('client answer finds the answer to a question in other words', async () => {
    const answers = join(folder, 'answers.csv');
    writeFileSync(
      answers,
      'question,answer\nHow long does delivery take?,Three days.\nCan I pay by card?,Yes.\n,lost\n',
    );
    const { exit, stdout, stderr } = await runCli([
      ...['client', 'answer', '--answers', answers, '--query', 'paying with a card', '--json'],
    ]);
    expect(exit).to.equal(0);
    expect(printed(stdout).answers[0]).to.include({ answer: 'Yes.', index: 1 });
    expect(stderr).to.include('1 rows lack a question or an answer');
  });

  it('client explore-report weighs clicks by the logged propensities, and says what is missing', async () => {
    const line = (request: string, item: string, propensity: number): string =>
      JSON.stringify({
        ...{ version: 1, request, time: '2026-03-01T12:00:00.000Z', shopper: null },
        places: [{ place: 1, item, ranked: 'a', explored: true, propensity }],
      });
    const log = [line('r1', 'a', 0.5), line('r2', 'b', 0.5), line('r3', 'a', 0.5), line('r4', 'b', 0.5)];
    writeFileSync(join(folder, 'impressions.jsonl'), `${log.join('\n')}\n`);
    const clicks = join(folder, 'clicks.csv');
    writeFileSync(clicks, 'request_id,item_id\nr1,a\nr2,b\nr4,b\n');
    const report = ['client', 'explore-report', '--dir', folder, '--clicks', clicks];
    const { exit, stdout } = await runCli(report);
    expect(exit).to.equal(0);
    expect(stdout)
      .to.match(/as served +75\.0 % \[/)
      .and.to.match(/as ranked +50\.0 % \[/);
    expect(stdout).to.include('exploring brings  +25.0 %').and.include('weights average 1.000');
    const none = await runCli(['client', 'explore-report', '--dir', join(folder, 'elsewhere'), '--clicks', clicks]);
    expect(none.exit).to.equal(3);
    expect(none.stderr).to.include('SERVING_LOG_TOO_SHORT');
  });

  it('data check explains what is odd, and exits with 0', async () => {
    const path = shop('odd', 'u,a,0\nu,a,0\n');
    const { exit, stdout } = await runCli(['data', 'check', '--data', path]);
    expect(exit).to.equal(0);
    expect(stdout).to.include('same-event-twice (refused): 1').and.include('First lines: 3');
  });

  it('data check takes a folder of merchants', async () => {
    shop('north', FOUR_EVENTS);
    shop('south', 'u,a,0\n');
    const { exit, stdout } = await runCli(['data', 'check', '--data', folder]);
    expect(exit).to.equal(0);
    expect(stdout)
      .to.match(/^north\n2 shoppers, 3 items, 8 events\n/)
      .and.include('\n\nsouth\n1 shoppers,');
    const { stdout: json } = await runCli(['data', 'check', '--data', folder, '--json']);
    expect(printed(json).merchants.map(({ name }) => name)).to.deep.equal(['north', 'south']);
  });

  it('evaluate takes a tiny shop without brands, and refuses one where nobody can be ranked for', async () => {
    const models = 'popularity,text-knn,item-knn,markov,markov-co-occurrence,ease,ranker';
    const tiny = await runCli(['evaluate', '--data', shop('tiny', FOUR_EVENTS), '--models', models, '--json']);
    expect(tiny.exit).to.equal(0);
    const { data, models: figures, unavailable } = printed(tiny.stdout);
    expect(data).to.include({ items: 3, shoppers: 2, evaluated: 2 });
    expect(figures.map(({ model }) => model).join(',')).to.equal(models);
    expect(unavailable).to.deep.equal([]);
    const short = await runCli(['evaluate', '--data', shop('short', 'u,a,0\n'), '--models', models]);
    expect(short.exit).to.equal(3);
    expect(short.stdout).to.equal('');
    expect(short.stderr).to.include('DATA_NOBODY_TO_RANK: None of the 1 shoppers has four events.');
  });

  it('evaluate says what its figures stand on, what was odd, and how new targets differ from repeats', async () => {
    const again = 'u,a,0\nu,b,1\nu,c,2\nu,a,3\nv,c,0\nv,c,1\nv,c,2\nv,b,3\nv,b,3\n';
    const { exit, stdout, stderr } = await runCli(['evaluate', '--data', shop('again', again)]);
    expect(exit).to.equal(0);
    expect(stdout)
      .to.include('2 of 2 shoppers ranked for, 3 items, 8 events; 50.0 % of the targets they had bought before.')
      .and.to.match(/NDCG, new +NDCG, bought before\n/);
    expect(stderr).to.include('same-event-twice (refused): 1; guildhall data check');
  });

  it('evaluate names every model in its help', () => {
    expect(MODEL_NAMES.split(', ')).to.deep.equal(EVALUATED_MODEL_NAMES);
  });

  it('evaluate leaves out a merchant with nobody to rank for, unless it is the only one', async () => {
    shop('new', 'u,a,0\n');
    shop('old', FOUR_EVENTS);
    const { exit, stdout, stderr } = await runCli(['evaluate', '--data', folder, '--models', 'popularity']);
    expect(exit).to.equal(0);
    expect(stdout).to.include('popularity').and.not.include('NaN');
    expect(stderr).to.include('new is left out: None of the 1 shoppers');
  });

  it('evaluate takes a folder of merchants, and writes a report', async () => {
    shop('north', FOUR_EVENTS);
    shop('south', FOUR_EVENTS);
    const report = join(folder, 'out', 'report.html');
    const { exit, stdout } = await runCli([
      ...['evaluate', '--data', folder, '--models', 'popularity', '--report', report, '--json'],
    ]);
    expect(exit).to.equal(0);
    const { merchants, summary } = printed(stdout);
    expect(merchants.map(({ name }) => name)).to.deep.equal(['north', 'south']);
    expect(summary[0]).to.include({ model: 'popularity', merchants: 2 });
  });
});
