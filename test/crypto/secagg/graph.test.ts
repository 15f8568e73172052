import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { streamRandom, thresholds } from '../../../crypto/index.js';
import { NeighbourGraph, isEdge } from '../../../crypto/secagg/graph.js';
import type { RosterEntry, RosterView } from '../../../crypto/secagg/roster.js';
import { transcriptOf } from '../../../crypto/secagg/transcript.js';

/** A roster as far as a graph looks at it, and a coin for everyone. */
function drawn(merchants: number, edgeProbability?: number): { view: RosterView; coins: Map<string, Uint8Array> } {
  const random = streamRandom(new Uint8Array(32).fill(9));
  const empty = new Uint8Array(32);
  const entries = Array.from({ length: merchants }, (_, index): RosterEntry => ({
    merchant: `m${String(index).padStart(4, '0')}`,
    point: index + 1,
    identityKey: empty,
    boxKey: empty,
    maskKey: empty,
    coinCommitment: empty,
  }));
  const numbers = thresholds({ merchants, colluders: Math.ceil(merchants / 10), minimumSurvivors: 4 });
  return {
    view: {
      entries,
      byMerchant: new Map(entries.map((entry) => [entry.merchant, entry])),
      transcript: transcriptOf(new Uint8Array(32), []),
      thresholds: { ...numbers, edgeProbability: edgeProbability ?? numbers.edgeProbability },
    },
    coins: new Map(entries.map(({ merchant }) => [merchant, random.bytes(32)])),
  };
}

/** One part after its length as 8 bytes, big-endian. */
function prefixed(part: Uint8Array | string): Buffer {
  const bytes = Buffer.from(part);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes.length));
  return Buffer.concat([length, bytes]);
}

describe('secure aggregation: neighbours', () => {
  it('are whom the hash of τ, both coins and both names says, against its first 32 bits', () => {
    const { view, coins } = drawn(210);
    const { transcript } = view;
    const vertex = (merchant: string): { merchant: string; coin: Uint8Array } => ({
      merchant,
      coin: coins.get(merchant) ?? new Uint8Array(),
    });
    const [low, high] = [vertex('m0003'), vertex('m0150')];
    const first32 = createHash('sha256')
      .update('guildhall/v1/edge')
      .update(Buffer.concat([transcript, low.coin, high.coin, low.merchant, high.merchant].map(prefixed)))
      .digest()
      .readUInt32BE(0);
    const just = (first32 + 1) / 2 ** 32;
    expect(isEdge({ transcript, edgeProbability: just }, low, high)).to.equal(true);
    expect(isEdge({ transcript, edgeProbability: first32 / 2 ** 32 }, low, high)).to.equal(false);
  });

  it('are each other’s, in whatever order they are asked for, and nobody is its own', () => {
    const { view, coins } = drawn(210);
    const [forwards, backwards] = [NeighbourGraph.sparse(view, coins), NeighbourGraph.sparse(view, coins)];
    for (const { merchant } of view.entries) forwards.neighbours(merchant);
    for (const { merchant } of view.entries.toReversed()) {
      const names = backwards.neighbours(merchant).map((entry) => entry.merchant);
      expect(names).to.deep.equal(forwards.neighbours(merchant).map((entry) => entry.merchant));
      expect(names).not.to.include(merchant);
      names.forEach((name, rank) => {
        expect(forwards.has(name, merchant)).to.equal(true);
        expect(forwards.rankOf(merchant, name)).to.equal(rank);
      });
    }
    expect(forwards.neighbours('m9999')).to.deep.equal([]);
    expect(forwards.has('m0000', 'm9999')).to.equal(false);
  });

  it('are all the others on the complete graph, and none for who did not open its coin', () => {
    const { view, coins } = drawn(5, 0.9);
    const all = NeighbourGraph.complete(view);
    expect(all.neighbours('m0002').map(({ merchant }) => merchant)).to.deep.equal(['m0000', 'm0001', 'm0003', 'm0004']);
    expect(all.has('m0002', 'm0002')).to.equal(false);
    coins.delete('m0003');
    const graph = NeighbourGraph.sparse(view, coins);
    expect(graph.neighbours('m0003')).to.deep.equal([]);
    for (const { merchant } of view.entries) expect(graph.has(merchant, 'm0003')).to.equal(false);
  });

  it('are as many as the bounds foresee: t of the survivors, and fewer than t colluders; with half of p they are not', () => {
    const merchants = 500;
    const degrees = (edgeProbability?: number): { all: number; fewest: number; mostCorrupt: number; share: number } => {
      const { view, coins } = drawn(merchants, edgeProbability);
      const graph = NeighbourGraph.sparse(view, coins);
      const survivors = new Set(view.entries.slice(0, 350).map(({ merchant }) => merchant));
      const corrupt = new Set(view.entries.slice(450).map(({ merchant }) => merchant));
      let [all, fewest, mostCorrupt] = [0, merchants, 0];
      for (const { merchant } of view.entries) {
        const names = graph.neighbours(merchant).map((entry) => entry.merchant);
        all += names.length;
        fewest = Math.min(fewest, names.filter((name) => survivors.has(name)).length);
        mostCorrupt = Math.max(mostCorrupt, names.filter((name) => corrupt.has(name)).length);
      }
      return { all, fewest, mostCorrupt, share: view.thresholds.share };
    };
    const { all, fewest, mostCorrupt, share } = degrees();
    expect(share).to.equal(45);
    // 124,750 pairs, p = 0.2565: five standard deviations of the number of edges.
    expect(all / 2).to.be.closeTo(124_750 * (128 / 499), 5 * Math.sqrt(124_750 * 0.2565 * 0.7435));
    expect(fewest).to.be.at.least(share);
    expect(mostCorrupt).to.be.below(share);
    expect(degrees(64 / 499).fewest).to.be.below(share);
  });
});
