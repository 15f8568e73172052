import { expect } from 'chai';
import { cpSync, rmSync } from 'node:fs';
import { pino } from 'pino';
import {
  checkClient,
  evaluateClient,
  listContracts,
  openState,
  pinShownMembers,
  previewContract,
  reportBudget,
  verifyClientLedger,
} from '../../../client/index.js';
import { ModelStore } from '../../../client/models.js';
import { statePaths } from '../../../client/state/directory.js';
import { decodeModel } from '../../../federation/index.js';
import { NEWTON_LENGTH } from '../../../recommender/index.js';
import { Phase } from '../../../proto/index.js';
import { rejectionOf, temporaryDirectory } from '../workspace.js';
import type { ClientEvent } from '../../../client/index.js';
import { jobEnded, neverReady, roundEnded, TestFederation } from './federation.js';

const NAMES = ['north', 'south', 'east', 'west'];

describe('clients and a coordinator over mutual TLS', function () {
  this.timeout(20_000);
  let workspace: ReturnType<typeof temporaryDirectory>;
  let federation: TestFederation;
  beforeEach(async () => {
    workspace = temporaryDirectory();
    federation = await TestFederation.start(workspace.path);
    await federation.enrol(NAMES);
  });
  afterEach(async () => {
    await federation.close();
    workspace.remove();
  });

  it('carry a job through, spend what the contract says, and hold the released model', async () => {
    const clients = NAMES.map((name) => federation.run(name));
    const [job] = await federation.submit(['reranker'], { merchants: 4, epsilon: 1 });
    const steps = job?.template.steps;
    const ends = await Promise.all(clients.map((client) => client.until(jobEnded)));
    expect(ends.every((event) => event.kind === 'job-ended' && event.state === 'done')).to.equal(true);
    const isLast = (event: ClientEvent): boolean => event.kind === 'model' && event.version === steps;
    await Promise.all(clients.map((client) => client.until(isLast)));
    const summaries = await Promise.all(clients.map((client) => client.stop()));
    for (const { merchant, roundsDone, bytesSent } of summaries) {
      const report = reportBudget({ dir: federation.dir(merchant) });
      expect(roundsDone).to.equal(steps);
      expect(report.total.epsilon).to.be.within(0.9, 1);
      expect(report.total.advantage).to.be.within(0.01, 0.5);
      expect(report.jobs.map(({ job, releases }) => [job, releases])).to.deep.equal([['reranker', steps]]);
      expect(report.bytesSent).to.equal(bytesSent);
      expect(bytesSent).to.be.greaterThan(4 * NEWTON_LENGTH);
      const [model] = new ModelStore(statePaths(federation.dir(merchant)).models).newestBytes().map(decodeModel);
      expect(model?.$case === 'linearReranker' && model.value.weights.some((weight) => weight !== 0)).to.equal(true);
    }
    const status = await federation.admin().status();
    expect(status.rounds[0]?.survivors).to.have.members(NAMES);
    const table = await evaluateClient({ dir: federation.dir('north'), logger: pino({ level: 'silent' }) });
    expect(table.shoppers).to.equal(40);
    expect(table.decisions.map(({ component }) => component)).to.deep.equal(['re-ranker']);
    expect(table.epsilon).to.equal(reportBudget({ dir: federation.dir('north') }).total.epsilon);
  });

  it('take excess noise out again where the contract says so, for the same ε and for all who stayed', async () => {
    const clients = NAMES.map((name) => federation.run(name));
    await federation.submit(['reranker'], { merchants: 4, epsilon: 1, noiseStrategy: 'removable' });
    const ends = await Promise.all(clients.map((client) => client.until(jobEnded)));
    expect(ends.every((event) => event.kind === 'job-ended' && event.state === 'done')).to.equal(true);
    await Promise.all(clients.map((client) => client.stop()));
    expect(reportBudget({ dir: federation.dir('north') }).total.epsilon).to.be.within(0.9, 1);
    // c = 1 of 4 merchants who all stayed: 4/(4 − 1), where the worst case leaves 4/(3 − 1).
    expect(federation.noiseRatios[0]).to.be.closeTo(4 / 3, 1e-12);
  });

  it('go on with the same identity and ledger in a second run', async () => {
    const dir = federation.dir('north');
    const before = openState(dir).identity.publicKey;
    for (const job of ['first', 'second']) {
      const clients = NAMES.map((name) => federation.run(name));
      await federation.submit(['reranker'], { merchants: 4, epsilon: 1, job });
      await Promise.all(
        clients.map((client) => client.until((event) => event.kind === 'job-ended' && event.job === job)),
      );
      await Promise.all(clients.map((client) => client.stop()));
    }
    expect(openState(dir).identity.publicKey).to.deep.equal(before);
    const report = reportBudget({ dir });
    expect(report.jobs.map(({ job }) => job)).to.deep.equal(['first', 'second']);
    expect(report.total.epsilon).to.be.within(1.05, 2);
  });

  it('refuse a second client on one directory, and a damaged ledger, before anything is sent', async () => {
    const first = federation.run('north');
    await first.until(({ kind }) => kind === 'connected');
    const refusal = async (): Promise<string> => (await rejectionOf(federation.run('north').stop())).code;
    expect(await refusal()).to.equal('STATE_LOCKED');
    await first.stop();
    rmSync(statePaths(federation.dir('north')).anchor);
    expect(await refusal()).to.equal('LEDGER_MISSING');
  });

  it('refuse a directory that was put back from a backup: the coordinator countersigned more than it holds', async () => {
    const dir = federation.dir('north');
    const play = async (job: string): Promise<void> => {
      const clients = NAMES.map((name) => federation.run(name));
      await federation.submit(['reranker'], { merchants: 4, epsilon: 1, job });
      await Promise.all(clients.map((client) => client.until(roundEnded('done'))));
      await Promise.all(clients.map((client) => client.stop()));
    };
    await play('first');
    cpSync(dir, `${dir}-backup`, { recursive: true });
    await play('second');
    cpSync(dir, `${dir}-newest`, { recursive: true });
    rmSync(dir, { recursive: true });
    cpSync(`${dir}-backup`, dir, { recursive: true });
    expect(reportBudget({ dir }).jobs, 'nothing on this machine shows it').to.have.length(1);
    const rolledBack = federation.run('north');
    const others = NAMES.slice(1).map((name) => federation.run(name));
    await federation.submit(['reranker'], { merchants: 4, epsilon: 1, job: 'third' });
    const failure = await rejectionOf(rolledBack.until(() => false));
    expect(failure.code).to.equal('LEDGER_ROLLED_BACK');
    expect(rolledBack.events.map(({ kind }) => kind)).not.to.include('round-ended');
    await Promise.all(others.map((client) => client.stop()));
    // The receipt is kept: from now on the directory says so by itself.
    expect((await rejectionOf(federation.run('north').stop())).code).to.equal('LEDGER_ROLLED_BACK');
    rmSync(dir, { recursive: true });
    cpSync(`${dir}-newest`, dir, { recursive: true });
    const restored = federation.run('north');
    await restored.until(({ kind }) => kind === 'connected');
    await restored.stop();
  });

  it('show a declined contract with its code and nothing else to the platform, and the round goes on without', async () => {
    federation.setPolicy('west', 'epsilon_per_round = 0.5\n');
    await federation.enrol(['extra']);
    for (const name of ['north', 'south', 'east']) {
      await pinShownMembers({ dir: federation.dir(name), members: [{ name: 'extra' }] });
    }
    await pinShownMembers({
      dir: federation.dir('extra'),
      members: ['north', 'south', 'east'].map((name) => ({ name })),
    });
    const clients = [...NAMES, 'extra'].map((name) => federation.run(name));
    await federation.whenConnected(5);
    await federation.submit(['reranker'], { merchants: 5, minimumMerchants: 4, epsilon: 1 });
    const [, , , west] = clients;
    await west?.until(roundEnded('declined'));
    const ends = await Promise.all(clients.map((client) => client.until(jobEnded)));
    expect(ends.every((event) => event.kind === 'job-ended' && event.state === 'done')).to.equal(true);
    const { rounds } = await federation.admin().status();
    const refusals = rounds.flatMap((round) => round.refusals);
    expect(refusals.map(({ merchant, code }) => `${merchant} ${code}`)).to.include('west POLICY_ROUND_EPSILON');
    const report = reportBudget({ dir: federation.dir('west') });
    expect(report.refusals.map(({ code }) => code)).to.include('POLICY_ROUND_EPSILON');
    expect(report.total.epsilon).to.equal(0);

    const [declined] = listContracts({ dir: federation.dir('west') });
    expect(declined).to.include({ decision: 'declined', job: 'reranker', task: 'reranker-newton' });
    const broken = declined?.rules.filter(({ accepted }) => !accepted);
    expect(broken?.map(({ rule, code, policy }) => [rule, code, policy])).to.deep.equal([
      ['epsilon_per_round', 'POLICY_ROUND_EPSILON', 'at most 0.5'],
    ]);
    expect(broken?.[0]?.contract).to.match(/advantage at most/);
    const spent = listContracts({ dir: federation.dir('north') }).filter(({ decision }) => decision === 'spent');
    expect(spent).not.to.deep.equal([]);
    expect(spent.every(({ rules }) => rules.every(({ accepted }) => accepted))).to.equal(true);
    const contract = declined?.sha256.slice(0, 16);
    const preview = previewContract({ dir: federation.dir('west'), contract });
    expect(preview).to.include({ contract: declined?.sha256, mechanism: 'gaussian' });
    expect(preview.before.epsilon).to.equal(0);
    expect(preview.after.epsilon).to.be.above(0.5);
    expect(preview.spent).to.equal(false);
    const paid = previewContract({ dir: federation.dir('north'), contract: spent[0]?.sha256 });
    expect(paid.spent, 'a round is never counted twice').to.equal(true);
    expect(paid.after).to.deep.equal(paid.before);
    expect((preview.leastNoise ?? 0) / (preview.ownNoise ?? 1)).to.be.closeTo(Math.sqrt(3 - 1), 1e-9);
    const verified = verifyClientLedger({ dir: federation.dir('north') });
    expect(verified.kinds).to.include({ opened: 1, spent: spent.length });
    expect(verified.countersignedBy).to.be.a('string');
  });

  it('refuse a roster with a merchant that they have not pinned', async () => {
    rmSync(statePaths(federation.dir('north')).members);
    const clients = NAMES.map((name) => federation.run(name));
    await federation.submit(['reranker'], { merchants: 4, epsilon: 1 });
    const event = await clients[0]?.until(roundEnded('declined'));
    expect(event?.kind === 'round-ended' && event.outcome).to.include({ code: 'SECAGG_NOT_A_MEMBER' });
    expect(reportBudget({ dir: federation.dir('north') }).total.epsilon).to.equal(0);
  });

  it('take the platform’s word for who is a merchant only where the policy says so by name', async () => {
    rmSync(statePaths(federation.dir('north')).members);
    federation.setPolicy('north', 'trust_platform_roster = true\n');
    const clients = NAMES.map((name) => federation.run(name));
    await federation.submit(['reranker'], { merchants: 4, epsilon: 1 });
    await Promise.all(clients.map((client) => client.until(roundEnded('done'))));
    const { findings } = await checkClient({ dir: federation.dir('north') });
    expect(findings.find(({ subject }) => subject === 'policy')).to.include({ state: 'warning' });
  });

  it('come back by themselves when the coordinator was away', async () => {
    const clients = NAMES.map((name) => federation.run(name));
    await federation.whenConnected(4);
    await federation.restartCoordinator();
    await Promise.all(clients.map((client) => client.until(({ kind }) => kind === 'disconnected')));
    await federation.submit(['reranker'], { merchants: 4, epsilon: 1 });
    await Promise.all(clients.map((client) => client.until(roundEnded('done'))));
  });

  it('stop in the middle of a round: declined, nothing uploaded, nothing spent', async () => {
    const clients = NAMES.map((name) => federation.run(name, name === 'north' ? { trainer: neverReady } : {}));
    await federation.submit(['reranker'], { merchants: 4, epsilon: 1 });
    await clients[0]?.until(({ kind }) => kind === 'round-proposed');
    await federation.whenPhase(Phase.PHASE_COLLECTING);
    const summary = await clients[0]?.stop();
    expect(summary).to.include({ roundsDone: 0, roundsDeclined: 1 });
    const report = reportBudget({ dir: federation.dir('north') });
    expect(report.total.epsilon).to.equal(0);
    expect(report.refusals.map(({ code }) => code)).to.deep.equal(['CLIENT_STOPPED']);
    await Promise.all(clients.slice(1).map((client) => client.until(roundEnded('done'))));
  });

  it('are thrown out for good when the platform revokes them', async () => {
    const client = federation.run('north');
    await federation.whenConnected(1);
    await federation.admin().revokeMerchant('north');
    expect((await rejectionOf(client.until(() => false))).code).to.equal('CERTIFICATE_REVOKED');
  });

  it('train in a worker thread, and evaluate there after each job', async () => {
    const clients = NAMES.map((name) =>
      federation.run(name, name === 'north' ? { trainer: undefined, evaluate: 'after-jobs' } : {}),
    );
    await federation.submit(['reranker'], { merchants: 4, epsilon: 1 });
    const event = await clients[0]?.until(({ kind }) => kind === 'evaluated');
    expect(event?.kind === 'evaluated' && event.evaluation.shoppers).to.equal(40);
    const stages = clients[0]?.events.flatMap((seen) => (seen.kind === 'training' ? [seen.progress.stage] : []));
    expect([...new Set(stages)]).to.deep.equal(['reading', 'indexing', 'training', 'evaluating']);
  });
});
