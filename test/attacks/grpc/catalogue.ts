import { GRPC_BOX_ATTACKS } from './boxes.js';
import { GRPC_CONTRACT_ATTACKS } from './contracts.js';
import type { GrpcAttack } from './grpc-attack.js';
import { GRPC_LOAD_ATTACKS } from './loads.js';
import { GRPC_MERCHANT_ATTACKS } from './merchants.js';
import { GRPC_MODEL_ATTACKS } from './models.js';
import { GRPC_NOISE_ATTACKS } from './noise.js';
import { GRPC_REWIND_ATTACKS } from './rewinds.js';
import { GRPC_ROSTER_ATTACKS } from './rosters.js';
import { GRPC_VIEW_ATTACKS } from './views.js';

/** Every attack that is mounted over gRPC, the coordinator's first. */
export const GRPC_ATTACKS: readonly GrpcAttack[] = [
  ...GRPC_ROSTER_ATTACKS,
  ...GRPC_BOX_ATTACKS,
  ...GRPC_VIEW_ATTACKS,
  ...GRPC_NOISE_ATTACKS,
  ...GRPC_CONTRACT_ATTACKS,
  ...GRPC_MODEL_ATTACKS,
  ...GRPC_REWIND_ATTACKS,
  ...GRPC_MERCHANT_ATTACKS,
  ...GRPC_LOAD_ATTACKS,
];
