import { expect } from 'chai';
import { pino } from 'pino';
import { evaluateClient, reportBudget } from '../../../client/index.js';
import { ModelStore } from '../../../client/models.js';
import { statePaths } from '../../../client/state/directory.js';
import { decodeModel } from '../../../federation/index.js';
import { jobEnded, TestFederation } from '../../client/integration/federation.js';
import { temporaryDirectory } from '../../client/workspace.js';

const NAMES = ['north', 'south', 'east', 'west'];

describe('a tower’s job over the wire', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let federation: TestFederation;

  before(async () => {
    workspace = temporaryDirectory();
    federation = await TestFederation.start(workspace.path);
    await federation.enrol(NAMES);
  });

  after(async () => {
    await federation.close();
    workspace.remove();
  });

  it('fine-tunes under noise, spends what was planned, and the report says whether the gate lets the tower in', async () => {
    // No preset but `research` allows it: a merchant says so by name.
    for (const name of NAMES) federation.setPolicy(name, 'allowed_tasks = ["tower-gradients"]\n');
    const clients = NAMES.map((name) => federation.run(name));
    await federation.submit(['tower'], { merchants: 4, epsilon: 8 });
    const ends = await Promise.all(clients.map((client) => client.until(jobEnded)));
    expect(ends.every((event) => event.kind === 'job-ended' && event.state === 'done')).to.equal(true);
    await Promise.all(clients.map((client) => client.stop()));
    expect(reportBudget({ dir: federation.dir('north') }).total.epsilon).to.be.within(7, 8);
    const [model] = new ModelStore(statePaths(federation.dir('north')).models).newestBytes().map(decodeModel);
    expect(model?.$case === 'tower' && model.value.trained.some((value) => value !== 0)).to.equal(true);
    const { decisions } = await evaluateClient({ dir: federation.dir('north'), logger: pino({ level: 'silent' }) });
    expect(decisions.map(({ component }) => component)).to.deep.equal(['tower']);
    expect(decisions[0]?.reason).to.match(/^The federated tower is (not )?used: NDCG@10 goes from/);
  });
});
