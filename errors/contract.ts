import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

const refusal = (help: string): ErrorEntry => ({ help, retryable: false, exit: EXIT.configuration });

/** Contracts, policy and the vector codec (federation/). */
export const CONTRACT_ERRORS = {
  CONTRACT_MALFORMED: {
    help: 'The contract does not decode or a value is out of range. Check that both sides run compatible versions.',
    retryable: false,
    exit: EXIT.protocol,
  },
  CONTRACT_SIGNATURE_INVALID: {
    help: 'The contract is not signed with the key that was pinned when this client joined. Do not take part; ask the platform what happened.',
    retryable: false,
    exit: EXIT.protocol,
  },
  CONTRACT_OVERFLOWS: {
    help: 'The terms leave no room for ordinary sums in the ring. Use more ring bits, fewer merchants or less noise.',
    retryable: false,
    exit: EXIT.configuration,
  },
  CONTRACT_UNKNOWN: {
    help: 'List the contracts that this client has seen: guildhall client contracts.',
    retryable: false,
    exit: EXIT.usage,
  },
  RECEIPT_INVALID: {
    help: 'The coordinator did not countersign the upload as this client made it. Nothing more was sent; ask the platform what happened.',
    retryable: false,
    exit: EXIT.protocol,
  },
  MODEL_MALFORMED: {
    help: 'The model does not decode, or is not of the kind that the task works on.',
    retryable: false,
    exit: EXIT.protocol,
  },
  MODEL_HASH_MISMATCH: {
    help: 'The bytes received are not the model that the contract names. Do not take part; ask the platform what happened.',
    retryable: true,
    exit: EXIT.protocol,
  },
  POLICY_MALFORMED: refusal('Correct the field of policy.toml that the message names.'),
  POLICY_FEDERATION: refusal('The contract is of another federation than the one this client joined.'),
  POLICY_TASK: refusal('Add the task to allowed_tasks in policy.toml if the merchant wants to take part in it.'),
  POLICY_CATALOGUE: refusal(
    'The job counts pairs of a catalogue that allowed_catalogues in policy.toml does not name. Add it if the merchant sells from it.',
  ),
  POLICY_MINIMUM_MERCHANTS: refusal('The contract would run with fewer merchants than policy.toml asks for.'),
  POLICY_MAXIMUM_MERCHANTS: refusal('The contract would run with more merchants than policy.toml allows.'),
  POLICY_COLLUDERS: refusal('The contract tolerates fewer colluding merchants than policy.toml asks for.'),
  POLICY_MINIMUM_SURVIVORS: refusal('The contract would unmask for fewer merchants than policy.toml asks for.'),
  POLICY_NOISE: refusal('The contract adds less noise than policy.toml asks for.'),
  POLICY_NOISE_STRATEGY: refusal(
    'The contract does with surplus noise what noise_strategies in policy.toml does not name. Either strategy leaves the noise that the contract claims.',
  ),
  POLICY_SAMPLING_RATE: refusal('A round would sample a larger share of the shoppers than policy.toml allows.'),
  POLICY_SHOPPER_MULTIPLICITY: refusal(
    'The contract counts each shopper at fewer merchants than minimum_shopper_multiplicity in policy.toml says that it may appear at.',
  ),
  POLICY_ADVANTAGE: refusal(
    'One round would give whoever guesses whether a shopper took part a larger advantage than policy.toml allows.',
  ),
  POLICY_JOB_EPSILON: refusal(
    'All rounds that the job plans would spend more ε than epsilon_per_job in policy.toml allows.',
  ),
  POLICY_JOB_ROUNDS: refusal('The job plans more model updates than maximum_rounds_per_job in policy.toml allows.'),
  POLICY_PHASE_LENGTH: refusal(
    "A phase of the round may last longer than maximum_phase_minutes in policy.toml, and the round's secrets with it.",
  ),
  POLICY_NO_NOISE: refusal(
    'The contract adds no noise. Set allow_without_noise = true in policy.toml only if the merchant consents to that by name.',
  ),
  POLICY_DELTA: refusal('The contract reports ε at a larger δ than policy.toml allows.'),
  POLICY_MESSAGE_SIZE: refusal('The upload would be larger than maximum_upload_mib in policy.toml.'),
  POLICY_ROUNDS: refusal('More rounds today than rounds_per_day in policy.toml allows. Rounds go on tomorrow.'),
  POLICY_ROUND_EPSILON: refusal('One round would spend more ε than epsilon_per_round in policy.toml allows.'),
  POLICY_APPROVAL: refusal(
    'The policy asks a person. Set auto_approve = true, or name the job in approved_jobs, in policy.toml.',
  ),
} as const satisfies Record<string, ErrorEntry>;
