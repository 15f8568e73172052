import { expect } from 'chai';
import { GuildhallError } from '../errors/index.js';
import type { ErrorCode } from '../errors/index.js';

/** Asserts that `action` throws a GuildhallError with this code, and returns the error. */
export function expectCode(action: () => unknown, code: ErrorCode): GuildhallError {
  try {
    action();
  } catch (error) {
    expect(error, String(error)).to.be.instanceOf(GuildhallError);
    if (!(error instanceof GuildhallError)) throw error;
    expect(error.code).to.equal(code);
    return error;
  }
  throw new Error(`expected ${code}, but nothing was thrown`);
}
