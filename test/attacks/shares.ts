import { AgreementKey, combineShares, lagrangeAtZero } from '../../crypto/index.js';
import type { Envelope, ServerStep } from '../../crypto/index.js';
import { SHARE_BOX_BYTES } from '../../crypto/secagg/dealing.js';
import { NeighbourGraph } from '../../crypto/secagg/graph.js';
import { SHARING, UNMASKING, decodeUnverified } from '../../crypto/secagg/messages.js';
import type { RosterView } from '../../crypto/secagg/roster.js';
import { selfMaskCommitment } from '../../crypto/secagg/transcript.js';
import { RevealedShares, planUnmasking } from '../../crypto/secagg/unmasking.js';
import { finish } from '../../crypto/index.js';
import { LenientClient, lenientView } from '../crypto/secagg/lenient-client.js';
import { resigned } from '../crypto/secagg/resigned.js';
import { clientOptions, playRound, realParties, setting, trueSum } from '../crypto/secagg/setting.js';
import type { Party, RoundResult, Setting, Stored } from '../crypto/secagg/setting.js';
import { rosterOf } from '../crypto/secagg/hostile.js';
import { EXACT, same } from './attack.js';
import type { Attack } from './attack.js';
import { applyUnmasking } from '../crypto/secagg/apply-unmasking.js';

const LIAR = 'm01';

/** A party whose messages of one step are altered before they are sent. */
function altering(party: Party, step: ServerStep, alter: (envelope: Envelope) => Envelope): Party {
  return {
    merchant: party.merchant,
    advertisement: party.advertisement,
    receive: (message) => {
      const output = party.receive(message);
      if (step === 'share' && output.kind === 'sharing') return { ...output, sharing: alter(output.sharing) };
      if (step === 'unmask' && output.kind === 'unmasking') return { ...output, unmasking: alter(output.unmasking) };
      return output;
    },
  };
}

/** A round in which the liar's messages of one step are altered. */
function playAltered(round: Setting, step: ServerStep, alter: (envelope: Envelope) => Envelope): RoundResult {
  const parties = realParties(round).map((party) =>
    party.merchant.name === LIAR ? altering(party, step, alter) : party,
  );
  return playRound(round, parties);
}

/** Every share of an owner's secret that was revealed, in the holders' order. */
function revealed(stored: readonly Stored[], owner: string): { readonly holder: string; readonly share: Uint8Array }[] {
  return stored
    .filter(({ step }) => step === 'unmask')
    .flatMap(({ merchant, envelope }) =>
      decodeUnverified(envelope, UNMASKING)
        .shares.filter((share) => share.owner === owner)
        .map(({ share }) => ({ holder: merchant, share })),
    );
}

/** Decodes whatever is there, as a coordinator would that neither counts shares nor compares them with their hashes. */
function decodesWrongly(stored: readonly Stored[], owner: string, limit: number): string | undefined {
  const advertisements = stored.filter(({ step }) => step === 'advertise').map(({ envelope }) => envelope);
  const view = lenientView({ advertisements }, { terms: setting({ merchants: 6, colluders: 1 }).terms }, 'roster');
  const sharing = stored.find(({ step, merchant }) => step === 'share' && merchant === owner);
  if (sharing === undefined) throw new Error(`${owner} has not shared`);
  const { transcript, selfMaskCommitment: committed } = decodeUnverified(sharing.envelope, SHARING);
  const used = revealed(stored, owner).slice(0, limit);
  const points = used.map(({ holder }) => view.byMerchant.get(holder)?.point ?? 0);
  const seed = combineShares(
    used.map(({ share }) => share),
    lagrangeAtZero(points),
  );
  const opens = committed.equals(selfMaskCommitment(transcript as typeof view.transcript, owner, seed));
  return opens ? undefined : 'a wrong secret, unnoticed';
}

function garbageShares(): Attack {
  const round = setting({ merchants: 6, colluders: 1 });
  const play = (): RoundResult =>
    playAltered(round, 'unmask', (envelope) =>
      resigned(round, envelope, UNMASKING, ({ shares }) => ({
        shares: shares.map((share) => ({ ...share, share: Buffer.alloc(32, 7) })),
      })),
    );
  return {
    by: 'merchant',
    does: 'reveals garbage instead of shares',
    defence: 'a share must open the hash that its dealer published',
    off: () => decodesWrongly(play().stored, 'm00', 3),
    on: () => {
      const { server, sum } = play();
      const codes = new Set(server.faults.map(({ merchant, code }) => (merchant === LIAR ? code : 'a wrong name')));
      return [same(sum, trueSum(round, server.survivors)) ? EXACT : 'a wrong sum', ...codes];
    },
    stopped: [EXACT, 'SECAGG_SHARE_UNOPENED'],
  };
}

function garbageBoxes(): Attack {
  const round = setting({ merchants: 6, colluders: 1 });
  const play = (spoiled: number): RoundResult =>
    playAltered(round, 'share', (envelope) =>
      resigned(round, envelope, SHARING, ({ shares }) => ({
        shares: shares.map((share, index) =>
          index < spoiled ? { ...share, box: Buffer.alloc(SHARE_BOX_BYTES, 3) } : share,
        ),
      })),
    );
  return {
    by: 'merchant',
    does: 'deals garbage boxes',
    defence: 'a secret is decoded from t valid shares or not at all, and the round’s end names its owner',
    off: () => decodesWrongly(play(4).stored, LIAR, 6),
    on: () => {
      const few = play(2);
      const all = play(5);
      const end = all.server.closeUnmasking();
      const named = end.outcome === 'aborted' && end.reason.includes(LIAR);
      return [
        same(few.sum, trueSum(round, few.server.survivors)) ? EXACT : 'a wrong sum',
        all.code ?? 'a sum',
        ...(named ? [] : ['nobody named']),
      ];
    },
    stopped: [EXACT, 'SECAGG_SHARES_TOO_FEW'],
  };
}

/** Shares of a secret that is not the one masked with. */
function otherSecret(secret: 'selfMask' | 'maskSecret'): Attack {
  const round = setting({ merchants: 6, colluders: 1 });
  const wrong = new Uint8Array(32).fill(7);
  const names = round.merchants.map(({ name }) => name);
  const lost = secret === 'maskSecret' ? [LIAR] : [];
  const play = (): { result: RoundResult; view: RosterView } => {
    const parties = realParties(round).map((party): Party => {
      if (party.merchant.name !== LIAR) return party;
      const dealsInstead = secret === 'selfMask' ? { selfMask: wrong } : { maskSecret: wrong };
      return new LenientClient(clientOptions(round, party.merchant), party.merchant, {
        binding: 'roster',
        dealsInstead,
      });
    });
    const result = playRound(round, parties, { losses: { input: lost } });
    return { result, view: lenientView(rosterOf(parties), round, 'roster') };
  };
  return {
    by: 'merchant',
    does: `deals shares of another ${secret === 'selfMask' ? 'self-mask' : 'mask key and vanishes'}`,
    defence: 'a decoded secret must be the one committed to, or advertised',
    off: () => {
      const { result, view } = play();
      const published = result.stored
        .filter(({ step }) => step === 'share')
        .map(({ envelope }) => decodeUnverified(envelope, SHARING));
      // A plan that takes what it decodes for what was published.
      const commitments = new Map(published.map((one) => [one.merchant, one.selfMaskCommitment]));
      if (secret === 'selfMask') commitments.set(LIAR, selfMaskCommitment(view.transcript, LIAR, wrong));
      const maskKey = AgreementKey.fromSecret(wrong).publicKey;
      const believed = {
        ...view,
        entries: view.entries.map((entry) =>
          secret === 'maskSecret' && entry.merchant === LIAR ? { ...entry, maskKey } : entry,
        ),
      };
      const shares = new RevealedShares();
      for (const owner of names) {
        for (const share of revealed(result.stored, owner)) shares.add({ ...share, owner });
      }
      const left = names.filter((name) => !lost.includes(name));
      const hash = Buffer.alloc(32);
      const survivors = { names: new Set(left), sharersHash: hash, survivorsHash: hash, inputsHash: hash };
      const graph = NeighbourGraph.complete(view);
      const plan = finish(
        planUnmasking({
          view: believed,
          graph,
          sharers: { names: new Set(names), hash },
          survivors,
          commitments,
          shares,
        }),
      );
      const sum = result.masked?.slice() ?? new Uint32Array();
      applyUnmasking(sum, plan, round.terms.ringBits);
      return same(sum, trueSum(round, left)) ? undefined : 'a wrong sum, unnoticed';
    },
    on: () => {
      const { server, code } = play().result;
      const end = server.closeUnmasking();
      const named = end.outcome === 'aborted' && end.reason.includes(LIAR);
      return [code ?? 'a sum', ...(named ? [] : ['nobody named'])];
    },
    stopped: [secret === 'selfMask' ? 'SECAGG_SELF_MASK_WRONG' : 'SECAGG_MASK_KEY_WRONG'],
  };
}

function vanishes(): Attack {
  const round = setting({ merchants: 6, colluders: 1 });
  const steps = ['share', 'input', 'agree', 'unmask'] as const;
  const play = (step: ServerStep): RoundResult => playRound(round, realParties(round), { losses: { [step]: [LIAR] } });
  return {
    by: 'merchant',
    does: 'vanishes at any step, so that its masks stay in the sum',
    defence: 't of the others hold shares of what takes them out',
    off: () => {
      const wrong = steps.every((step) => {
        const { server, masked } = play(step);
        return !same(masked, trueSum(round, server.survivors));
      });
      return wrong ? 'a round without a result' : undefined;
    },
    on: () =>
      steps.map((step) => {
        const { server, sum } = play(step);
        return same(sum, trueSum(round, server.survivors)) ? EXACT : 'a wrong sum';
      }),
    stopped: steps.map(() => EXACT),
  };
}

/** Attacks on the secrets that merchants share among each other. */
export const SHARE_ATTACKS: readonly Attack[] = [
  garbageShares(),
  garbageBoxes(),
  otherSecret('selfMask'),
  otherSecret('maskSecret'),
  vanishes(),
];
