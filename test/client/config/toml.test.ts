import { expect } from 'chai';
import { z } from 'zod';
import { lineOf, parseToml, readToml } from '../../../client/config/toml.js';
import { failureOf } from '../workspace.js';

const TEXT = `# a comment
name = "north"

[data]
items = "items.csv"
[data.columns.items]
item = 4

[[member]]
key = "a"
[[member]]
key = "b"
`;

describe('reading TOML', () => {
  it('finds the line of a field, of its table when the field is not written, and of list entries', () => {
    expect(lineOf(TEXT, ['name'])).to.equal(2);
    expect(lineOf(TEXT, ['data', 'items'])).to.equal(5);
    expect(lineOf(TEXT, ['data', 'events'])).to.equal(4);
    expect(lineOf(TEXT, ['data', 'columns', 'items', 'item'])).to.equal(7);
    expect(lineOf(TEXT, ['member', '1', 'key'])).to.equal(12);
    expect(lineOf(TEXT, ['missing'])).to.equal(undefined);
  });

  it('names file, line and column of a syntax error', () => {
    const failure = failureOf(() => parseToml('a = 1\nb = = 2\n', 'x.toml', 'CLIENT_CONFIG_MALFORMED'));
    expect(failure.code).to.equal('CLIENT_CONFIG_MALFORMED');
    expect(failure.details).to.include({ file: 'x.toml', line: 2 });
  });

  it('names file, field and line of a value that is not allowed, and of an unknown field', () => {
    const schema = z.strictObject({
      name: z.string(),
      data: z.strictObject({ items: z.string(), columns: z.unknown() }),
      member: z.unknown(),
    });
    const wrong = failureOf(() => readToml('name = 1\n', 'x.toml', schema, 'CLIENT_CONFIG_MALFORMED'));
    expect(wrong.details).to.include({ file: 'x.toml', field: 'name', line: 1 });
    expect(wrong.message).to.match(/^x\.toml:1: name: /);
    const unknown = failureOf(() =>
      readToml(`${TEXT}extra = 1\n`, 'x.toml', schema.omit({ member: true }), 'CLIENT_CONFIG_MALFORMED'),
    );
    expect(unknown.details).to.include({ field: 'member', line: 9 });
  });
});
