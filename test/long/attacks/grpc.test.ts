import { CROWD, GRPC_COIN_ATTACKS } from '../../attacks/grpc/coins.js';
import { GRPC_ATTACKS } from '../../attacks/grpc/catalogue.js';
import { describeAttacks } from '../../attacks/grpc/mounted.js';

describeAttacks(
  'attacks over gRPC with ten merchants or restarts',
  GRPC_ATTACKS.filter(({ pace }) => pace === 'slow'),
);

describeAttacks(`attacks over gRPC among ${CROWD} merchants`, GRPC_COIN_ATTACKS, CROWD);
