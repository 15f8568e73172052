import { expect } from 'chai';
import { Phase } from '../../../proto/index.js';
import { reportBudget } from '../../../client/index.js';
import { SigningKey, osRandom } from '../../../crypto/index.js';
import { VICTIM } from './grpc-attack.js';
import { HostilePlatform } from './hostile-platform.js';

const INVENTED = 200;
const AT_ONCE = 64;
const TEN_SECONDS = 10_000;

describe('a coordinator that invents contracts without end', function () {
  this.timeout(30_000);
  let platform: HostilePlatform;
  before(async () => {
    platform = await HostilePlatform.start(1);
  });
  after(() => platform.close());

  it('makes a client write 64 refusals at most, and then one each ten seconds', async () => {
    const { coordinator } = platform;
    const contracts = Array.from({ length: INVENTED }, () => {
      const { envelope } = platform.propose({ key: SigningKey.generate(osRandom) });
      return { ...envelope, payload: Buffer.concat([envelope.payload, osRandom.bytes(8)]) };
    });
    await platform.mount({ real: [VICTIM] }, async (stage) => {
      const recorded = (): number => reportBudget({ dir: stage.dir(VICTIM) }).refusals.length;
      const invented = contracts.values();
      coordinator.play({
        contract: () => invented.next().value ?? platform.propose().envelope,
        model: new Uint8Array(),
      });
      for (let i = 0; i < INVENTED; i += 1) coordinator.announce(Phase.PHASE_ADVERTISING, [VICTIM]);
      coordinator.endJob('any', [VICTIM]);
      const victim = stage.real(VICTIM);
      await victim.until('job-ended');
      await coordinator.declined(VICTIM, AT_ONCE);
      expect(recorded()).to.equal(AT_ONCE);
      // What waits is what was taken in: no more than 64, whatever was proposed.
      const proposed = victim.events.filter(({ kind }) => kind === 'round-proposed').length;
      expect(proposed).to.be.within(AT_ONCE + 1, 2 * AT_ONCE + 1);
      for (const more of [1, 2, 3]) {
        victim.clock.advance(TEN_SECONDS);
        await coordinator.declined(VICTIM, AT_ONCE + more);
        expect(recorded()).to.equal(AT_ONCE + more);
      }
    });
  });
});
