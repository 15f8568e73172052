import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readConfig, readPolicy, requireData } from '../../../client/config/config.js';
import { presetText } from '../../../client/config/policy-text.js';
import { configTemplate } from '../../../client/config/templates.js';
import { statePaths } from '../../../client/state/directory.js';
import { failureOf, temporaryDirectory } from '../workspace.js';

describe('the settings of a client', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => {
    workspace = temporaryDirectory();
  });
  afterEach(() => {
    workspace.remove();
  });
  const read = (text: string) => {
    writeFileSync(join(workspace.path, 'client.toml'), text);
    return readConfig(statePaths(workspace.path));
  };
  const policy = (text: string) => {
    const file = join(workspace.path, 'policy.toml');
    writeFileSync(file, text);
    return readPolicy(file);
  };

  it('take relative paths from the state directory and fill in defaults', () => {
    const config = read(
      'coordinator = "localhost:7443"\n[data]\nitems = "items.csv"\nevents = "/data/events.csv.gz"\n',
    );
    expect(config).to.deep.equal({
      coordinator: 'localhost:7443',
      logLevel: 'info',
      cache: join(workspace.path, 'cache'),
      threads: availableParallelism(),
      data: {
        items: join(workspace.path, 'items.csv'),
        events: '/data/events.csv.gz',
        columns: { items: {}, events: {} },
      },
    });
  });

  it('map columns, also to none', () => {
    const { data } = read(
      'coordinator = "localhost:7443"\n[data]\nitems = "i"\nevents = "e"\n[data.columns.items]\nitem = "sku"\nbrand = ""\n',
    );
    expect(data?.columns).to.deep.equal({ items: { item: 'sku', brand: '' }, events: {} });
  });

  it('that are wrong are refused with file, field and line', () => {
    const wrong = failureOf(() => read('coordinator = "localhost"\n'));
    expect(wrong.code).to.equal('CLIENT_CONFIG_MALFORMED');
    expect(wrong.details).to.include({ field: 'coordinator', line: 1 });
    const unknown = failureOf(() => read('coordinator = "localhost:1"\ncordinator = "x"\n'));
    expect(unknown.details).to.include({ field: 'cordinator', line: 2 });
    expect(failureOf(() => readConfig(statePaths(join(workspace.path, 'none')))).code).to.equal(
      'CLIENT_CONFIG_MALFORMED',
    );
  });

  it('start from templates that are valid', () => {
    const without = read(configTemplate({ coordinator: 'localhost:7443' }));
    expect(without.data).to.equal(undefined);
    const missing = failureOf(() => requireData(without, statePaths(workspace.path)));
    expect(missing.details).to.include({ field: 'data' });
    const full = read(configTemplate({ coordinator: 'localhost:7443', items: '/a', events: '/b' }));
    expect(full.data).to.include({ items: '/a', events: '/b' });
    expect(policy(presetText('balanced'))).to.deep.equal(policy(''));
  });

  it('refuse a policy with an unknown or impossible field, naming file and line', () => {
    for (const text of ['minimum_merchants = 5\nepsilon_total = -1\n', 'minimum_merchants = 5\nepsilon_totl = 1\n']) {
      const failure = failureOf(() => policy(text));
      expect(failure.code).to.equal('POLICY_MALFORMED');
      expect(failure.details).to.include({ line: 2 });
    }
    expect(failureOf(() => policy('= 1')).code).to.equal('POLICY_MALFORMED');
  });
});
