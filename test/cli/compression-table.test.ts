import { expect } from 'chai';
import { renderCompression } from '../../cli/compression-table.js';
import { runCli } from './run-cli.js';

describe('the tower in smaller forms on the command line', () => {
  it('has a line a form: what it finds, its change with interval, its bytes and its latency', () => {
    const row = {
      tower: 'trained',
      precision: 'float32',
      ...{ parameters: 134_146, modelBytes: 536_584, itemBytes: 27_878_976 },
      ...{ hr10: 0.0732, ndcg10: 0.0438, change: { mean: 0, low: 0, high: 0 } },
      latency: { p50: 2.5, p95: 4.25, rankings: 500 },
    } as const;
    const small = {
      ...row,
      tower: 'distilled',
      precision: 'int8',
      ...{ modelBytes: 30_000, ndcg10: 0.0428 },
      change: { mean: -0.001, low: -0.002, high: 0.0005 },
    } as const;
    const lines = renderCompression([row, small]).split('\n');
    expect(lines[2]).to.match(/^trained +float32 +0\.0732 +0\.0438 +\+0\.0000 .* 537 kB +27\.9 MB +2\.50 +4\.25$/);
    expect(lines[3]).to.match(/^distilled +int8 .* −0\.0010 \[−0\.0020, \+0\.0005\] +30\.0 kB/);
    expect(lines[4]).to.match(/same shoppers in the same run.*500 timed/);
  });

  it('is refused without the tower among the models, and in a form that is none', async () => {
    const asked = async (models: string, compress: string) =>
      runCli(['evaluate', '--data', 'nowhere', '--models', models, '--compress', compress]);
    const [without, unknown] = [await asked('popularity', 'int8'), await asked('tower', 'int4')];
    expect([without.exit, unknown.exit]).to.deep.equal([2, 2]);
    expect(without.stderr).to.include('tower must be among the models');
    expect(unknown.stderr).to.include('"int4" is none of float16, int8, distilled');
  });
});
