import { GRPC_ATTACKS } from './catalogue.js';
import { describeAttacks } from './mounted.js';

describeAttacks(
  'attacks over gRPC',
  GRPC_ATTACKS.filter(({ pace }) => pace === undefined),
);
