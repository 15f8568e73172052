import { hash } from 'node:crypto';
import { lengthPrefixed } from '../bytes.js';
import type { RosterEntry, RosterView } from './roster.js';
import type { Transcript } from './transcript.js';

const LABEL = 'guildhall/v1/edge';

/** One end of a possible edge. */
interface Vertex {
  readonly merchant: string;
  /** ρ, 32 bytes. */
  readonly coin: Uint8Array;
}

/**
 * Whether two merchants are neighbours: the first 32 bits of SHA-256(label ‖ τ ‖ ρ_min ‖ ρ_max ‖ min ‖ max), big-endian,
 * are below p · 2^32.
 *
 * @param graph.edgeProbability p, 0..1
 * @param low the first of the two in merchant order
 */
export function isEdge(
  graph: { readonly transcript: Transcript; readonly edgeProbability: number },
  low: Vertex,
  high: Vertex,
): boolean {
  const named = lengthPrefixed([graph.transcript, low.coin, high.coin, low.merchant, high.merchant], LABEL);
  // As text: of some hundred thousand pairs, a buffer for each digest would take longer than the digests.
  const first32 = Number.parseInt(hash('sha256', named, 'hex').slice(0, 8), 16);
  return first32 < graph.edgeProbability * 2 ** 32;
}

/** One merchant's neighbours, and where each stands among them. */
interface Neighbourhood {
  readonly entries: readonly RosterEntry[];
  readonly ranks: ReadonlyMap<string, number>;
}

const NOBODY: Neighbourhood = { entries: [], ranks: new Map() };

/**
 * Who shares with whom and masks with whom: everybody with everybody, or, on the sparse graph, whom the coins say. Every
 * party derives the edges that it needs by itself, when it needs them.
 *
 * **Why no signature names the coins.** The roster, and so τ, holds a commitment to every coin, so that a merchant's coin
 * is one value in every honest view or none: a coin that does not open its commitment is refused at once
 * (SECAGG_COIN_MISMATCH). What a coordinator can show differently is only *whose* coins were opened. Two clients that were
 * shown different sets derive the same edges among the merchants that both have opened. Beyond those:
 *
 * - A client takes no U2 with anyone whose coin it has not opened (SECAGG_SHARER_UNOPENED), and its own coin must be there
 *   (SECAGG_OWN_COIN_MISSING). So if H(U2) is the same at two clients, both have opened all of U2, and the edges inside U2,
 *   which alone are masked and unmasked, are the same for both.
 * - If it is not the same, R2's envelopes say so: SECAGG_OTHER_SHARERS, before anybody signs or unmasks.
 *
 * Whoever was hidden from a client's set is then outside of everybody's U2. All that is gained is that the client dealt
 * shares to fewer honest neighbours, which can make the round fail, as can dropping messages; t of its shares are still
 * needed, and fewer than t of its neighbours collude. Leaving out coins after having seen them all is a choice of who
 * drops out, and the bounds on the graph hold for all of those choices at once (logDisconnection's union over survivors).
 */
export class NeighbourGraph {
  readonly #view: RosterView;
  /** By place in the roster; undefined on the complete graph, and in it where no coin was opened. */
  readonly #vertices: readonly (Vertex | undefined)[] | undefined;
  /** By place in the roster; derived so far. */
  readonly #neighbourhoods: (Neighbourhood | undefined)[] = [];

  private constructor(view: RosterView, coins: ReadonlyMap<string, Uint8Array> | undefined) {
    this.#view = view;
    this.#vertices =
      coins &&
      view.entries.map(({ merchant }) => {
        const coin = coins.get(merchant);
        return coin && { merchant, coin };
      });
  }

  /** Everybody is everybody's neighbour. */
  static complete(view: RosterView): NeighbourGraph {
    return new NeighbourGraph(view, undefined);
  }

  /** @param coins the coins that open the roster's commitments, by merchant; who is missing has no neighbours */
  static sparse(view: RosterView, coins: ReadonlyMap<string, Uint8Array>): NeighbourGraph {
    return new NeighbourGraph(view, coins);
  }

  /** A merchant's neighbours in merchant order, itself not among them. */
  neighbours(merchant: string): readonly RosterEntry[] {
    return this.#neighbourhood(merchant).entries;
  }

  /** Whether two merchants are neighbours; nobody is its own. */
  has(a: string, b: string): boolean {
    return this.rankOf(a, b) !== undefined;
  }

  /** The position of `peer` among the neighbours of `merchant`; undefined if it is none. */
  rankOf(merchant: string, peer: string): number | undefined {
    return this.#neighbourhood(merchant).ranks.get(peer);
  }

  #neighbourhood(merchant: string): Neighbourhood {
    const point = this.#view.byMerchant.get(merchant)?.point;
    if (point === undefined) return NOBODY;
    return (this.#neighbourhoods[point - 1] ??= this.#derive(merchant, point - 1));
  }

  #derive(merchant: string, place: number): Neighbourhood {
    const entries = this.#view.entries.filter(
      (_, peer) => peer !== place && (this.#neighbourhoods[peer]?.ranks.has(merchant) ?? this.#joined(place, peer)),
    );
    return { entries, ranks: new Map(entries.map((entry, rank) => [entry.merchant, rank])) };
  }

  /** Whether the merchants at two places are neighbours. */
  #joined(a: number, b: number): boolean {
    if (this.#vertices === undefined) return true;
    const [low, high] = [this.#vertices[Math.min(a, b)], this.#vertices[Math.max(a, b)]];
    if (low === undefined || high === undefined) return false;
    const graph = { transcript: this.#view.transcript, edgeProbability: this.#view.thresholds.edgeProbability };
    return isEdge(graph, low, high);
  }
}
