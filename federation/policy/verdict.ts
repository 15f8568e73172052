import type { ErrorCode } from '../../errors/index.js';

/** One rule's judgement of a contract. */
export interface RuleVerdict {
  /** The policy's field, or `federation`. */
  readonly rule: string;
  readonly accepted: boolean;
  /** The refusal code; set exactly when not accepted. */
  readonly code?: ErrorCode;
  /** The contract's value, for people. */
  readonly contract: string;
  /** The policy's value, for people. */
  readonly policy: string;
  /** What was asked, what is offered. */
  readonly sentence: string;
}

/** A judgement with the code that it has if it is a refusal. */
export function judge({ code, ...verdict }: RuleVerdict & { readonly code: ErrorCode }): RuleVerdict {
  return verdict.accepted ? verdict : { ...verdict, code };
}

/** A rule that asks for at least so much. */
export function floor(rule: string, code: ErrorCode, asked: number, offered: number): RuleVerdict {
  return judge({
    rule,
    code,
    accepted: offered >= asked,
    contract: short(offered),
    policy: `at least ${short(asked)}`,
    sentence: `${rule} asks for at least ${short(asked)}, the contract has ${short(offered)}`,
  });
}

/**
 * A rule that allows at most so much; a NaN is refused.
 * @param advantage what stands beside the offered value where that is an ε
 */
export function ceiling(
  rule: string,
  code: ErrorCode,
  allowed: number,
  offered: number,
  advantage?: number,
): RuleVerdict {
  const value = advantage === undefined ? short(offered) : `${short(offered)} (advantage at most ${short(advantage)})`;
  return judge({
    rule,
    code,
    accepted: offered <= allowed,
    contract: value,
    policy: `at most ${short(allowed)}`,
    sentence: `${rule} allows at most ${short(allowed)}, the contract has ${value}`,
  });
}

/** A number with four digits at most. */
export function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
