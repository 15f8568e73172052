import { expect } from 'chai';
import type { GrpcAttack } from './grpc-attack.js';
import { HostilePlatform } from './hostile-platform.js';

/**
 * The tests of attacks: each succeeds without its defence and fails against it.
 *
 * @param merchants how many the platform has
 */
export function describeAttacks(title: string, attacks: readonly GrpcAttack[], merchants?: number): void {
  describe(title, function () {
    this.timeout(180_000);
    let platform: HostilePlatform;
    before(async () => {
      platform = await HostilePlatform.start(merchants);
    });
    after(() => platform.close());

    for (const { by, does, defence, off, on, stopped } of attacks) {
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
}
