import type { Attack } from './attack.js';
import { COIN_ATTACKS } from './coins.js';
import { FLOOR_ATTACKS } from './floors.js';
import { MESSAGE_ATTACKS } from './messages.js';
import { ROSTER_ATTACKS } from './rosters.js';
import { SHARE_ATTACKS } from './shares.js';
import { VIEW_ATTACKS } from './views.js';

/** Every attack on secure aggregation that is mounted here, the coordinator's first. */
export const ATTACKS: readonly Attack[] = [
  ...ROSTER_ATTACKS,
  ...COIN_ATTACKS,
  ...VIEW_ATTACKS,
  ...FLOOR_ATTACKS,
  ...SHARE_ATTACKS,
  ...MESSAGE_ATTACKS,
];
