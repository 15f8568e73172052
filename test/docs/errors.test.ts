import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCli } from '../cli/run-cli.js';

describe('docs/errors.md', () => {
  it('is what `guildhall errors --markdown` prints', async () => {
    const document = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'errors.md'), 'utf8');
    const { stdout } = await runCli(['errors', '--markdown']);
    expect(document).to.equal(stdout);
  });
});
