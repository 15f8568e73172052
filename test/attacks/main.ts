/** `npm run attacks`: mounts every attack of the catalogue without its defence and with it, and prints what came of it. */
import { ATTACKS } from './catalogue.js';

let held = 0;
for (const [index, { by, does, defence, off, on, stopped }] of ATTACKS.entries()) {
  const gained = off();
  const results = on();
  const stops = JSON.stringify(results) === JSON.stringify(stopped);
  if (gained !== undefined && stops) held += 1;
  process.stdout.write(
    `${String(index + 1).padStart(2)}. A ${by} that ${does}
    defence      ${defence}
    defence off  ${gained === undefined ? 'NOTHING GAINED: the control proves nothing' : `succeeds: ${gained}`}
    defence on   ${stops ? 'fails' : 'NOT STOPPED'}: ${[...new Set(results)].join(', ')}
`,
  );
}
process.stdout.write(`${held} of ${ATTACKS.length} attacks succeed without their defence and fail against it.\n`);
if (held !== ATTACKS.length) process.exitCode = 1;
