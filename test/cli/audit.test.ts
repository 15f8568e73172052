import { expect } from 'chai';
import { runCli } from './run-cli.js';

const COUNTS = ['audit', '--task', 'statistics', '--epsilon', '5', '--canaries', '3000'];

describe('guildhall audit', () => {
  it('prints both bounds and succeeds where nothing contradicts the claim', async () => {
    // One sound claim in twenty is contradicted: three times in a row is one audit in eight thousand.
    let outcome = await runCli([...COUNTS, '--json']);
    for (let again = 0; again < 2 && outcome.exit !== 0; again++) outcome = await runCli([...COUNTS, '--json']);
    expect(outcome.exit).to.equal(0);
    const { audits, contradicted } = JSON.parse(outcome.stdout) as {
      audits: { task: string; lower: { epsilon: number }; upper: { epsilon: number } }[];
      contradicted: boolean;
    };
    expect(contradicted).to.equal(false);
    expect(audits.map(({ task }) => task)).to.deep.equal(['statistics']);
    for (const { lower, upper } of audits) expect(lower.epsilon).to.be.within(3, upper.epsilon);
  });

  it('ends with the exit code of privacy where noise is missing, and says so', async () => {
    const { exit, stdout } = await runCli([...COUNTS, '--noise', 'off']);
    expect(exit).to.equal(7);
    expect(stdout)
      .to.match(/epsilon at least\s+epsilon at most/)
      .and.to.contain('the claim is FALSE');
  });

  it('refuses noises and tasks that there are none of', async () => {
    expect((await runCli(['audit', '--noise', 'half'])).exit).to.equal(2);
    expect((await runCli(['audit', '--task', 'models'])).exit).to.equal(2);
    expect((await runCli(['audit', '--canaries', '1'])).exit).to.equal(2);
  });
});
