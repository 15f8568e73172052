import { expect } from 'chai';
import { GATE_SHARE, isGateShopper, splitGate } from '../../../recommender/gate/index.js';

const SECRET = new Uint8Array(32).fill(7);
const shopper = (key: string, history: number[] = []) => ({ key, history: Int32Array.from(history) });

describe('gate shoppers', () => {
  it('are a fifth of all, as good as independent of their keys', () => {
    const shoppers = Array.from({ length: 20_000 }, (_, index) => shopper(`shopper-${index}`));
    const { gate, contributors } = splitGate(SECRET, shoppers);
    expect(gate.length + contributors.length).to.equal(20_000);
    // Six standard deviations of a binomial share.
    expect(gate.length / 20_000).to.be.closeTo(GATE_SHARE, 6 * Math.sqrt((0.2 * 0.8) / 20_000));
  });

  it('stay gate shoppers, whatever happens to their histories or to the other shoppers', () => {
    const keys = Array.from({ length: 200 }, (_, index) => `shopper-${index}`);
    const before = splitGate(
      SECRET,
      keys.map((key) => shopper(key)),
    ).gate.map(({ key }) => key);
    const after = splitGate(
      SECRET,
      [...keys, 'new'].reverse().map((key) => shopper(key, [1, 2])),
    ).gate.map(({ key }) => key);
    expect(after.filter((key) => key !== 'new').reverse()).to.deep.equal(before);
  });

  it('are others under another secret', () => {
    const keys = Array.from({ length: 500 }, (_, index) => `shopper-${index}`);
    const other = new Uint8Array(32).fill(8);
    const both = keys.filter((key) => isGateShopper(SECRET, key) && isGateShopper(other, key)).length;
    // Expected 20 of 500; all 100 would be the sign of a secret that is not used.
    expect(both).to.be.below(50);
  });

  it('need a secret worth the name', () => {
    expect(() => isGateShopper(new Uint8Array(8), 'shopper')).to.throw(RangeError);
  });
});
