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

  it('prints both accountants, says which one budgets enforce, and how long they took', async () => {
    const args = '--sampling-rate 0.01 --noise-multiplier 1 --steps 1000 --delta 1e-5 --bounds --json'.split(' ');
    const { stdout } = await runCli(['privacy', 'epsilon', ...args]);
    const spent = JSON.parse(stdout) as Record<string, number | string>;
    expect(spent.rdp).to.be.closeTo(2.1014, 1e-4);
    expect(spent.pld).to.be.closeTo(1.8282, 1e-3);
    expect(spent.pldLower).to.be.closeTo(1.8282, 1e-3).and.below(Number(spent.pld));
    expect(spent.enforced).to.equal('rdp');
    expect(spent.advantage).to.be.closeTo(0.16102, 1e-4);
    expect(spent.computeSeconds).to.be.above(0);
  });

  it('calibrates to the tighter accountant unless told otherwise, with the other beside it', async () => {
    const args = [
      'privacy',
      'calibrate',
      '--epsilon',
      '2',
      '--delta',
      '1e-6',
      '--sampling-rate',
      '0.05',
      '--steps',
      '200',
    ];
    const { noiseMultiplier, rdp, pld } = await json(args);
    expect(pld).to.be.within(1.99, 2);
    expect(rdp).to.be.above(2);
    const enforced = await json([...args, '--accountant', 'rdp']);
    expect(enforced.rdp).to.be.within(1.99, 2);
    expect(enforced.noiseMultiplier).to.be.above(Number(noiseMultiplier));
  });

  it('finds steps or the sampling rate from the others', async () => {
    const target = ['privacy', 'calibrate', '--epsilon', '7.3291112', '--delta', '1e-5', '--accountant', 'rdp'];
    const given = ['--noise-multiplier', '1.5'];
    const { steps } = await json([...target, ...given, '--find', 'steps', '--sampling-rate', '0.04']);
    expect(steps).to.equal(2250);
    const { samplingRate } = await json([...target, ...given, '--find', 'sampling-rate', '--steps', '2250']);
    expect(samplingRate).to.be.closeTo(0.04, 1e-8);
    for (const wrong of [
      [...target, '--find', 'steps'],
      [...target, ...given],
      [...target, ...given, '--find', 'steps', '--steps', '3'],
      [...target, ...given, '--find', 'sampling-rate', '--sampling-rate', '0.1'],
      [...target, '--find', 'delta'],
    ])
      expect((await runCli(wrong)).exit, wrong.join(' ')).to.equal(2);
  });

  it('calibrates the noise multiplier that spends the epsilon asked for, and no more', async () => {
    const args = ['privacy', 'calibrate', '--accountant', 'rdp', '--epsilon', '7.32911117143', ...SCHEDULE];
    const { noiseMultiplier, rdp } = await json(args);
    expect(noiseMultiplier).to.be.closeTo(1.5, 1e-6);
    expect(rdp).to.be.at.most(7.32911117143).and.closeTo(7.32911117143, 1e-6);
  });

  it('says in text which epsilon is enforced, and that the advantage is a bound', async () => {
    const { stdout } = await runCli(['privacy', 'epsilon', '--noise-multiplier', '1.5', ...SCHEDULE]);
    expect(stdout)
      .to.match(/epsilon \(RDP\)\s+7\.32911.*enforced by budgets/)
      .and.to.match(/epsilon \(PLD\)\s+6\.[0-9]+ .*fixed beforehand/)
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
