import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { Phase } from '../../../proto/index.js';
import { reportBudget } from '../../../client/index.js';
import { SigningKey, osRandom } from '../../../crypto/index.js';
import type { Envelope } from '../../../crypto/index.js';
import { VICTIM } from './grpc-attack.js';
import { HostilePlatform } from './hostile-platform.js';
import type { Stage } from './stage.js';

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

  /** Contracts under a key that nobody pinned, each another one. */
  const invented = (count: number): Envelope[] =>
    Array.from({ length: count }, () => {
      const { envelope } = platform.propose({ key: SigningKey.generate(osRandom) });
      return { ...envelope, payload: Buffer.concat([envelope.payload, osRandom.bytes(8)]) };
    });

  /** Proposes all of them at once; the last answer shows that the client has heard them. */
  const flood = async (stage: Stage, contracts: readonly Envelope[]): Promise<void> => {
    const { coordinator } = platform;
    const left = contracts.values();
    coordinator.play({ contract: () => left.next().value ?? platform.propose().envelope, model: new Uint8Array() });
    for (let i = 0; i < contracts.length; i += 1) coordinator.announce(Phase.PHASE_ADVERTISING, [VICTIM]);
    coordinator.endJob('any', [VICTIM]);
    await stage.real(VICTIM).until('job-ended');
  };

  it('makes a client write 64 refusals at most, and then one each ten seconds, also after a restart', async () => {
    const { coordinator } = platform;
    await platform.mount({ real: [VICTIM] }, async (stage) => {
      const recorded = (): number => reportBudget({ dir: stage.dir(VICTIM) }).refusals.length;
      await flood(stage, invented(INVENTED));
      await coordinator.declined(VICTIM, AT_ONCE);
      expect(recorded()).to.equal(AT_ONCE);
      // What waits is what was taken in: no more than 64, whatever was proposed.
      const victim = stage.real(VICTIM);
      const proposed = victim.events.filter(({ kind }) => kind === 'round-proposed').length;
      expect(proposed).to.be.within(AT_ONCE + 1, 2 * AT_ONCE + 1);
      for (const more of [1, 2, 3]) {
        victim.clock.advance(TEN_SECONDS);
        await coordinator.declined(VICTIM, AT_ONCE + more);
        expect(recorded()).to.equal(AT_ONCE + more);
      }

      await stage.restart(VICTIM);
      await flood(stage, invented(INVENTED));
      // Whoever waits for a turn has none left over.
      while (victim.clock.sleepingWithin(TEN_SECONDS) === 0) await nextTurn();
      expect(recorded()).to.equal(AT_ONCE + 3);
      victim.clock.advance(TEN_SECONDS);
      await coordinator.declined(VICTIM, 1);
      expect(recorded()).to.equal(AT_ONCE + 4);
    });
  });
});
