import type { Agreements, RevealedShare, Survivors } from '../../proto/index.js';
import { ShareKind } from '../../proto/index.js';
import { equalBytes } from '../bytes.js';
import { sameEnvelope } from '../dsse.js';
import type { Agreed, AgreementOutput, Done, Masked, Session, Transition, UnmaskingOutput } from './client-state.js';
import { AGREEMENT, MASKED_INPUT, UNMASKING, openMessage, sealMessage } from './messages.js';
import { refuse, requireMerchantOrder } from './refusal.js';
import { inputsHash, survivorsHash } from './transcript.js';
import { sameView } from './views.js';

/**
 * R3 Agree: one signature over (τ, H(U2), H(U3), H(envelopes)), if every survivor masked for the same U2 as this client.
 * Without that check a coordinator could hide clients from one victim's U2, and the shares revealed for the others' view
 * would strip the victim's masks.
 *
 * @throws GuildhallError SECAGG_SURVIVORS_NOT_SHARERS, SIGNATURE_INVALID, SECAGG_DUPLICATE, SECAGG_NOT_A_SURVIVOR,
 * SECAGG_INPUT_ALTERED, SECAGG_TRANSCRIPT_MISMATCH, SECAGG_OTHER_SHARERS, SECAGG_SURVIVORS_TOO_FEW,
 * SECAGG_MESSAGE_MALFORMED
 */
export function agree(session: Session, state: Masked, message: Survivors): Transition<Agreed, AgreementOutput> {
  const { merchant, identity } = session;
  const { view, sharers } = state;
  const { transcript } = view;
  const sharing = new Set(sharers);
  const inputs = message.inputs.map((envelope) =>
    openMessage(
      envelope,
      MASKED_INPUT,
      (sender) => {
        const entry = sharing.has(sender) ? view.byMerchant.get(sender) : undefined;
        return (
          entry?.identityKey ??
          refuse('SECAGG_SURVIVORS_NOT_SHARERS', `${sender} is said to have sent a vector but never shared`)
        );
      },
      session.verified,
    ),
  );
  const survivors = inputs.map((input) => input.merchant);
  requireMerchantOrder(survivors, 'the list of survivors');
  if (!survivors.includes(merchant)) {
    refuse('SECAGG_NOT_A_SURVIVOR', `${merchant} is not among the survivors`, { merchant });
  }
  if (!message.inputs.some((envelope) => sameEnvelope(envelope, state.input))) {
    refuse('SECAGG_INPUT_ALTERED', `the input of ${merchant} is not the one it sent`, { merchant });
  }
  for (const input of inputs) {
    if (!equalBytes(input.transcript, transcript)) {
      refuse('SECAGG_TRANSCRIPT_MISMATCH', `the input of ${input.merchant} is for another roster or contract`);
    }
    if (!equalBytes(input.sharersHash, state.sharersHash)) {
      refuse('SECAGG_OTHER_SHARERS', `${input.merchant} masked for another list of sharers`);
    }
  }
  if (survivors.length < view.thresholds.minimumSurvivors) {
    refuse(
      'SECAGG_SURVIVORS_TOO_FEW',
      `${survivors.length} merchants sent a vector; at least ${view.thresholds.minimumSurvivors} are needed`,
    );
  }
  const agreement = {
    transcript,
    merchant,
    sharersHash: state.sharersHash,
    survivorsHash: survivorsHash(transcript, survivors),
    inputsHash: inputsHash(
      transcript,
      message.inputs.map(({ payload }) => payload),
    ),
  };
  const { sharersHash, held } = state;
  return {
    state: { phase: 'agreed', view, graph: state.graph, sharers, sharersHash, held, survivors, agreement },
    output: {
      kind: 'agreement',
      agreement: sealMessage(AGREEMENT, agreement, identity),
      rosterSize: view.entries.length,
      sharers,
      survivors,
    },
  };
}

/**
 * R4 Unmask: against at least T signatures of survivors on this client's own view, the self-mask shares of the survivors
 * among its neighbours and the mask-key shares of those neighbours who shared and vanished; of nobody both.
 *
 * @param attachment goes out under the same signature, and only if every check above has passed
 * @throws GuildhallError SECAGG_SIGNER_UNLISTED, SIGNATURE_INVALID, SECAGG_DUPLICATE, SECAGG_TRANSCRIPT_MISMATCH,
 * SECAGG_VIEW_DISAGREES, SECAGG_QUORUM_MISSED, SECAGG_MESSAGE_MALFORMED
 */
export function unmask(
  session: Session,
  state: Agreed,
  message: Agreements,
  attachment: Uint8Array = new Uint8Array(),
): Transition<Done, UnmaskingOutput> {
  const { merchant, identity } = session;
  const { view, graph, sharers, survivors, held } = state;
  const surviving = new Set(survivors);
  const agreements = message.agreements.map((envelope) =>
    openMessage(
      envelope,
      AGREEMENT,
      (signer) => {
        const entry = surviving.has(signer) ? view.byMerchant.get(signer) : undefined;
        return entry?.identityKey ?? refuse('SECAGG_SIGNER_UNLISTED', `${signer} signed but is no survivor`);
      },
      session.verified,
    ),
  );
  requireMerchantOrder(
    agreements.map((agreement) => agreement.merchant),
    'the list of agreements',
  );
  for (const agreement of agreements) {
    if (!equalBytes(agreement.transcript, view.transcript)) {
      refuse('SECAGG_TRANSCRIPT_MISMATCH', `the agreement of ${agreement.merchant} is for another roster or contract`);
    }
    if (!sameView(agreement, state.agreement)) {
      refuse('SECAGG_VIEW_DISAGREES', `${agreement.merchant} signed another view than ${merchant}`);
    }
  }
  if (agreements.length < view.thresholds.agreement) {
    refuse(
      'SECAGG_QUORUM_MISSED',
      `${agreements.length} merchants agreed; at least ${view.thresholds.agreement} are needed`,
    );
  }
  const shares: RevealedShare[] = [];
  const sharing = new Set(sharers);
  for (const { merchant: owner } of graph.neighbours(merchant)) {
    if (!sharing.has(owner)) continue;
    const survived = surviving.has(owner);
    const released = held.release(owner, survived ? 'self-mask' : 'mask-key');
    if (released === undefined) continue;
    shares.push({
      owner,
      kind: survived ? ShareKind.SHARE_KIND_SELF_MASK : ShareKind.SHARE_KIND_MASK_KEY,
      share: Buffer.from(released.share),
      nonce: Buffer.from(released.nonce),
    });
  }
  const { transcript } = view;
  const unmasking = { transcript, merchant, shares, attachment: Buffer.from(attachment) };
  return {
    state: { phase: 'done' },
    output: { kind: 'unmasking', unmasking: sealMessage(UNMASKING, unmasking, identity) },
  };
}
