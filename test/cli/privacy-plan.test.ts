import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCli } from './run-cli.js';

const QUESTION = ['privacy', 'plan', '--shoppers', '20000', '--merchants', '10', '--epsilon', '4', '--rounds', '52'];

describe('guildhall privacy plan', () => {
  it('prints a row for each sampling rate, ε always with its advantage, and draws the same figures', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'guildhall-'));
    const svg = join(folder, 'plan.svg');
    const { exit, stdout } = await runCli([...QUESTION, '--json', '--svg', svg]);
    expect(exit).to.equal(0);
    const plan = JSON.parse(stdout) as { minimumSurvivors: number; rows: Record<string, number>[] };
    expect(plan.minimumSurvivors).to.equal(8);
    expect(plan.rows).to.have.length(7);
    for (const row of plan.rows)
      expect(row).to.include.all.keys('noiseMultiplier', 'rdp', 'pld', 'advantage', 'relativeError', 'worstError');
    const drawing = readFileSync(svg, 'utf8');
    expect(drawing).to.match(/^<svg [^]*<\/svg>\n$/);
    expect(drawing.match(/<circle/g)).to.have.length(3 * 7);
    for (const label of ['sampling rate of shoppers', 'relative error of one round', 'all merchants'])
      expect(drawing).to.include(label);
    expect(drawing).not.to.match(/NaN|Infinity|undefined/);
    rmSync(folder, { recursive: true });
  });

  it('draws one rate alone, and refuses rosters that protect nobody', async () => {
    const { exit, stdout } = await runCli([...QUESTION, '--sampling-rate', '0.1']);
    expect(exit).to.equal(0);
    expect(stdout.trim().split('\n')).to.have.length(3);
    expect(stdout).to.include('advantage');
    expect((await runCli([...QUESTION, '--minimum-survivors', '11'])).exit).to.equal(4);
    expect((await runCli([...QUESTION, '--colluders', '9'])).exit).to.equal(4);
  });
});
