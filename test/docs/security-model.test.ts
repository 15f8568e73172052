import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CONTRACT_ERRORS } from '../../errors/contract.js';
import { CRYPTO_ERRORS } from '../../errors/crypto.js';
import { ERRORS } from '../../errors/index.js';

const document = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'security-model.md'), 'utf8');
const named = new Set([...document.matchAll(/`([A-Z]+(?:_[A-Z0-9]+)+)`/g)].map(([, code]) => code));

describe('docs/security-model.md', () => {
  it('names every code that the secure-aggregation machines refuse with', () => {
    expect(Object.keys(CRYPTO_ERRORS).filter((code) => !named.has(code))).to.deep.equal([]);
  });

  it('names every code that a contract is refused with, the rules of the policy by their prefix', () => {
    const own = ['POLICY_MALFORMED', 'CONTRACT_UNKNOWN', 'MODEL_MALFORMED'];
    const codes = Object.keys(CONTRACT_ERRORS).filter((code) => !code.startsWith('POLICY_') && !own.includes(code));
    expect(codes.filter((code) => !named.has(code))).to.deep.equal([]);
    expect(document).to.include('`POLICY_*`');
  });

  it('names no code that there is not', () => {
    const codes: readonly (string | undefined)[] = Object.keys(ERRORS);
    expect([...named].filter((code) => !codes.includes(code))).to.deep.equal([]);
  });
});
