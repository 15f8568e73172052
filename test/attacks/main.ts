/** `npm run attacks`: mounts every attack of the catalogues without its defence and with it, and prints what came of it. */
import { ATTACKS } from './catalogue.js';
import { GRPC_ATTACKS } from './grpc/catalogue.js';
import { CROWD, GRPC_COIN_ATTACKS } from './grpc/coins.js';
import type { GrpcAttack } from './grpc/grpc-attack.js';
import { HostilePlatform } from './grpc/hostile-platform.js';

/** An attack, wherever it is mounted. */
interface Mounting {
  readonly over: 'machines' | 'gRPC';
  readonly by: string;
  readonly does: string;
  readonly defence: string;
  readonly stopped: readonly string[];
  readonly off: () => string | undefined | Promise<string | undefined>;
  readonly on: () => readonly string[] | Promise<readonly string[]>;
}

const overGrpc = (attacks: readonly GrpcAttack[], platform: HostilePlatform): Mounting[] =>
  attacks.map((attack) => ({
    ...attack,
    over: 'gRPC',
    off: () => attack.off(platform),
    on: () => attack.on(platform),
  }));

const platform = await HostilePlatform.start();
const crowd = await HostilePlatform.start(CROWD);
const mountings: readonly Mounting[] = [
  ...ATTACKS.map((attack) => ({ ...attack, over: 'machines' as const })),
  ...overGrpc(GRPC_ATTACKS, platform),
  ...overGrpc(GRPC_COIN_ATTACKS, crowd),
];

let held = 0;
try {
  for (const [index, { over, by, does, defence, off, on, stopped }] of mountings.entries()) {
    const gained = await off();
    const results = await on();
    const stops = JSON.stringify(results) === JSON.stringify(stopped);
    if (gained !== undefined && stops) held += 1;
    process.stdout.write(
      `${String(index + 1).padStart(2)}. A ${by} that ${does}
    over         ${over}
    defence      ${defence}
    defence off  ${gained === undefined ? 'NOTHING GAINED: the control proves nothing' : `succeeds: ${gained}`}
    defence on   ${stops ? 'fails' : 'NOT STOPPED'}: ${[...new Set(results)].join(', ')}
`,
    );
  }
} finally {
  await platform.close();
  await crowd.close();
}
process.stdout.write(
  `${held} of ${mountings.length} attacks succeed without their defence and fail against it: ${ATTACKS.length} on the machines, ${mountings.length - ATTACKS.length} over gRPC.\n`,
);
if (held !== mountings.length) process.exitCode = 1;
