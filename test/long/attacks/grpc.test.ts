import { GRPC_ATTACKS } from '../../attacks/grpc/catalogue.js';
import { describeAttacks } from '../../attacks/grpc/mounted.js';

describeAttacks(
  'attacks over gRPC with many merchants or restarts',
  GRPC_ATTACKS.filter(({ pace }) => pace === 'slow'),
);
