import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';

import { expect } from 'chai';

import { statePaths } from '../../coordinator/index.js';
import { Presence } from '../../coordinator/rounds/presence.js';
import { WatchHub } from '../../coordinator/service/watch.js';
import { openStore } from '../../coordinator/store/index.js';
import type { Store } from '../../coordinator/store/index.js';
import { rejectionOf } from '../client/workspace.js';
import { ManualClock } from './support/clock.js';

describe('coordinator: watching', () => {
  let dir: string;
  let store: Store;
  let presence: Presence;
  let hub: WatchHub;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'guildhall-watch-'));
    mkdirSync(dirname(statePaths(dir).store));
    const clock = new ManualClock();
    store = await openStore(statePaths(dir), clock);
    presence = new Presence(clock);
    hub = new WatchHub(store, presence);
    await store.merchants.invite({ merchant: 'a', tokenSha256: 'token', nowMs: 0, expiresAtMs: 1 });
    const keys = { identityKey: Buffer.alloc(32, 1), certificate: Buffer.alloc(1) };
    const hashes = { certificateSha256: 'certificate', requestSha256: 'request' };
    await store.merchants.enrol('token', { name: 'a', ...keys, ...hashes, nowMs: 0 });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const stream = () => Object.assign(new PassThrough({ objectMode: true }), { cancelled: false });

  it('makes a merchant present until its stream ends', async () => {
    const call = stream();
    await hub.watch(call, 'a');
    expect([...presence.connected.keys()]).to.deep.equal(['a']);
    call.destroy();
    await new Promise((resolve) => call.once('close', resolve));
    expect([...presence.connected.keys()]).to.deep.equal([]);
  });

  it('ends for a merchant that is revoked while it is shown the present state', async () => {
    const list = store.jobs.list.bind(store.jobs);
    store.jobs.list = async () => {
      await store.merchants.revoke('a', 1);
      hub.dismiss('a');
      return list();
    };
    expect(await rejectionOf(hub.watch(stream(), 'a'))).to.include({ code: 'CERTIFICATE_REVOKED' });
    expect([...presence.connected.keys()]).to.deep.equal([]);
  });
});
