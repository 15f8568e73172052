import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

/** Something that only a faulty or dishonest coordinator or peer brings about. */
const refusal = (help: string): ErrorEntry => ({ help, retryable: false, exit: EXIT.protocol });
/** Too few took part this time. */
const shortage = (help: string): ErrorEntry => ({ help, retryable: true, exit: EXIT.protocol });
/** The terms and the merchant's own floors do not go together. */
const policy = (help: string): ErrorEntry => ({ help, retryable: false, exit: EXIT.configuration });

/** Refusals of the secure-aggregation machines and failures of primitives (crypto/). */
export const CRYPTO_ERRORS = {
  SIGNATURE_INVALID: refusal(
    'A message was altered or signed with another key. Nothing was sent in answer; compare fingerprints with the sender.',
  ),
  SECAGG_LOW_ORDER_POINT: refusal(
    'A public key would make a shared secret that everybody knows. Nothing was sent; report the sender to the platform.',
  ),

  SECAGG_TERMS_INVALID: policy('A value of the round is out of range: correct the contract it comes from.'),
  SECAGG_COLLUDERS_BELOW_FLOOR: policy(
    'The round tolerates fewer colluding merchants than policy.toml asks for. Ask the platform for more, or lower the floor knowingly.',
  ),
  SECAGG_SURVIVORS_BELOW_FLOOR: policy(
    'The round would unmask for fewer merchants than policy.toml asks for. Ask the platform for more, or lower the floor knowingly.',
  ),
  SECAGG_TOO_FEW_HONEST: policy(
    'If every tolerated colluder colluded, fewer than two honest merchants would be left in the sum. More merchants or fewer colluders are needed.',
  ),

  SECAGG_ROSTER_TOO_SMALL: shortage('Too few merchants came to the round. The next one starts by itself.'),
  SECAGG_ROSTER_TOO_LARGE: refusal(
    'More merchants are in the roster than the contract allows, and their sum could overflow. Report this to the platform.',
  ),
  SECAGG_OPENED_TOO_FEW: shortage('Too few merchants opened their coins. The next round starts by itself.'),
  SECAGG_NEIGHBOURS_TOO_FEW: shortage(
    'A merchant has too few neighbours left to take its masks out of the sum, so the round ended before anything was revealed. The next one starts by itself.',
  ),
  SECAGG_SHARERS_TOO_FEW: shortage('Too few merchants sent their shares. The next round starts by itself.'),
  SECAGG_SURVIVORS_TOO_FEW: shortage('Too few merchants sent their vectors. The next round starts by itself.'),
  SECAGG_QUORUM_MISSED: shortage(
    'Too few merchants signed the same view of the round, so nothing was unmasked. The next round starts by itself.',
  ),
  SECAGG_SHARES_TOO_FEW: shortage(
    'Too few valid shares arrived to remove the masks, so the round has no result. The next one starts by itself.',
  ),

  SECAGG_NOT_A_MEMBER: refusal(
    'The roster names a merchant that is not in the members list of this client. Compare fingerprints with that merchant, then pin its key.',
  ),
  SECAGG_OWN_KEY_ALTERED: refusal(
    'The roster does not hold this client’s own advertisement as it was sent. Ask the platform what happened.',
  ),
  SECAGG_DUPLICATE: refusal('A name or a key appears twice where it may appear once. Ask the platform what happened.'),
  SECAGG_CONTRACT_MISMATCH: refusal(
    'A message belongs to another contract: it was replayed, or the platform shows different terms to different merchants.',
  ),
  SECAGG_TRANSCRIPT_MISMATCH: refusal(
    'A message belongs to another roster: it was replayed, or the platform shows different rosters to different merchants.',
  ),
  SECAGG_COIN_MISMATCH: refusal(
    'A coin is not the one that its merchant committed to, so the neighbours it would give could have been chosen. Ask the platform what happened.',
  ),
  SECAGG_COIN_UNLISTED: refusal(
    'A coin is said to be of a merchant that is not in the roster. Ask the platform what happened.',
  ),
  SECAGG_OWN_COIN_MISSING: refusal('This client’s coin is not among those that were opened. Nothing more was sent.'),
  SECAGG_SHARER_UNOPENED: refusal(
    'A merchant is said to have shared whose coin this client was never shown: merchants were shown different coins. Ask the platform what happened.',
  ),
  SECAGG_NOT_A_NEIGHBOUR: refusal(
    'A box or a share came from a merchant that the coins do not make a neighbour. Ask the platform what happened.',
  ),
  SECAGG_SHARERS_NOT_IN_ROSTER: refusal(
    'A merchant is said to have shared that is not in the roster. Ask the platform what happened.',
  ),
  SECAGG_NOT_A_SHARER: refusal('This client is not among those whose shares were taken. Nothing was sent.'),
  SECAGG_OTHER_SHARERS: refusal(
    'Merchants were shown different lists of who shared; going on could uncover one of them. Ask the platform what happened.',
  ),
  SECAGG_SURVIVORS_NOT_SHARERS: refusal(
    'A merchant is said to have sent a vector that never shared. Ask the platform what happened.',
  ),
  SECAGG_NOT_A_SURVIVOR: refusal('This client’s vector is not among those to be summed. Nothing more was sent.'),
  SECAGG_INPUT_ALTERED: refusal(
    'This client’s own signed input came back as another one than it sent. Ask the platform what happened.',
  ),
  SECAGG_SIGNER_UNLISTED: refusal(
    'A signature counts only from a merchant of the round, and this one is none. Ask the platform what happened.',
  ),
  SECAGG_VIEW_DISAGREES: refusal(
    'A merchant signed another view of the round than this client’s. Ask the platform what happened.',
  ),
  SECAGG_SECOND_VIEW: refusal(
    'The platform answered one step twice, differently. Nothing was sent for the second answer; ask it what happened.',
  ),
  SECAGG_SECOND_INPUT: refusal(
    'A second vector under the same masks would uncover the difference of the two. Send the stored bytes again instead.',
  ),
  SECAGG_BOTH_SHARES: refusal(
    'Both kinds of share of one merchant were asked for or sent; together they would uncover its vector.',
  ),
  SECAGG_STEP_UNEXPECTED: refusal(
    'A message came before its step, or twice. Check that both sides run the same version.',
  ),
  SECAGG_STEP_CLOSED: refusal('The step had ended when the message came. The merchant goes on with the next round.'),
  SECAGG_ROUND_OVER: refusal('This round’s secrets have been erased. Take part in the next round.'),
  SECAGG_MESSAGE_MALFORMED: refusal(
    'A message does not decode or a field has a wrong size. Check that both sides run the same version.',
  ),

  SECAGG_SENDER_MISMATCH: refusal(
    'The sender named in a message is not the one of the certificate it came under. Nothing was stored.',
  ),
  SECAGG_NOT_IN_ROUND: refusal(
    'This merchant is not, or no longer, part of the round. It can take part in the next one.',
  ),
  SECAGG_SECOND_UPLOAD: refusal(
    'This merchant has sent another message for the same step before. The first one stands.',
  ),
  SECAGG_VECTOR_MISMATCH: refusal('The vector’s length or digest is not the signed one. Send the stored bytes again.'),
  SECAGG_SHARE_UNOPENED: refusal(
    'A revealed share does not open the hash that its owner published; it was left out. Watch the merchant that sent it.',
  ),
  SECAGG_SELF_MASK_WRONG: refusal(
    'Unmasking ended: the shares of a merchant’s self-mask do not give what it committed to. Watch that merchant.',
  ),
  SECAGG_MASK_KEY_WRONG: refusal(
    'Unmasking ended: the shares of a merchant’s mask key do not give its public key. Watch that merchant.',
  ),
} as const satisfies Record<string, ErrorEntry>;
