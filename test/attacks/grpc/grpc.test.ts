import { expect } from 'chai';
import { GRPC_ATTACKS } from './catalogue.js';
import { HostilePlatform } from './hostile-platform.js';

describe('attacks on secure aggregation over gRPC', function () {
  this.timeout(30_000);
  let platform: HostilePlatform;
  before(async () => {
    platform = await HostilePlatform.start();
  });
  after(() => platform.close());

  for (const { by, does, defence, off, on, stopped } of GRPC_ATTACKS) {
    describe(`a ${by} that ${does}`, () => {
      it(`succeeds without the defence: ${defence}`, async () => {
        expect(await off(platform)).to.be.a('string');
      });

      it(`fails against it: ${[...new Set(stopped)].join(', ')}`, async () => {
        expect(await on(platform)).to.deep.equal(stopped);
      });
    });
  }
});
