import { expect } from 'chai';
import { runCli } from './run-cli.js';

async function json(args: readonly string[]): Promise<Record<string, number>> {
  const { exit, stdout, stderr } = await runCli([...args, '--json']);
  expect(stderr).to.equal('');
  expect(exit).to.equal(0);
  return JSON.parse(stdout) as Record<string, number>;
}

const SCHEDULE = ['--sampling-rate', '0.04', '--steps', '2250', '--delta', '1e-5'];

describe('guildhall privacy', () => {
  it('prints the epsilon that Opacus publishes for its example schedule', async () => {
    const { rdp, advantage, delta } = await json(['privacy', 'epsilon', '--noise-multiplier', '1.5', ...SCHEDULE]);
    expect(rdp).to.be.closeTo(7.32911117143, 1e-9);
    expect(delta).to.equal(1e-5);
    expect(advantage).to.be.within(0, 1);
  });

  it('calibrates the noise multiplier that spends the epsilon asked for, and no more', async () => {
    const { noiseMultiplier, rdp } = await json(['privacy', 'calibrate', '--epsilon', '7.32911117143', ...SCHEDULE]);
    expect(noiseMultiplier).to.be.closeTo(1.5, 1e-6);
    expect(rdp).to.be.at.most(7.32911117143).and.closeTo(7.32911117143, 1e-6);
  });

  it('says in text that the advantage is a bound', async () => {
    const { stdout } = await runCli(['privacy', 'epsilon', '--noise-multiplier', '1.5', ...SCHEDULE]);
    expect(stdout)
      .to.match(/epsilon \(RDP\)\s+7\.32911/)
      .and.to.match(/advantage\s+at most 0\./);
  });

  it('refuses figures out of range and says the range', async () => {
    const cases: readonly (readonly [readonly string[], string])[] = [
      [['--noise-multiplier', '0', '--delta', '1e-5'], 'at least 0.001'],
      [['--noise-multiplier', '1', '--delta', '1'], 'below 1'],
      [['--noise-multiplier', '1', '--delta', '1e-5', '--sampling-rate', '1.5'], 'at most 1'],
      [['--noise-multiplier', '1', '--delta', '1e-5', '--steps', '1.5'], 'whole number'],
      [['--noise-multiplier', 'one', '--delta', '1e-5'], 'a number'],
      [['--noise-multiplier', 'Infinity', '--delta', '1e-5'], 'a number'],
      [['--noise-multiplier', '1'], 'delta'],
    ];
    for (const [args, range] of cases) {
      const { exit, stderr } = await runCli(['privacy', 'epsilon', ...args]);
      expect(exit, args.join(' ')).to.equal(2);
      expect(stderr, args.join(' ')).to.contain(range);
    }
  });
});
