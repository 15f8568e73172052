/**
 * What an audit's attacker did, in numbers: every canary entered the data by a fair secret coin, and the attacker, who saw
 * what was released, guessed the coins of some of them.
 */
export interface GuessRecord {
  /** m: canaries, each with its own fair coin. */
  readonly canaries: number;
  /** r: coins that the attacker guessed; on the others it abstained. */
  readonly guesses: number;
  /** v: guesses that were right. */
  readonly right: number;
}

/**
 * @throws RangeError unless 0 ≤ right ≤ guesses ≤ canaries, in integers
 */
export function checkRecord({ canaries, guesses, right }: GuessRecord): void {
  const whole = [canaries, guesses, right].every(Number.isSafeInteger);
  if (!whole || right < 0 || right > guesses || guesses > canaries)
    throw new RangeError(`no audit has ${right} right guesses of ${guesses} on ${canaries} canaries`);
}

/**
 * The attacker's guesses by scores: the r largest in absolute value, positive for "in the data", negative for "not";
 * among equals the first. It reads scores alone, so r must not be chosen by what the coins were.
 * @param scores one a canary, finite; 0 where nothing is known
 * @param guesses r
 * @returns 1, −1 or 0 for no guess, one a canary, r of them not 0
 */
export function mostConfident(scores: Float64Array, guesses: number): Int8Array {
  checkRecord({ canaries: scores.length, guesses, right: 0 });
  const confidence = (canary: number): number => Math.abs(scores[canary] ?? 0);
  const order = Array.from(scores.keys()).sort((one, other) => confidence(other) - confidence(one) || one - other);
  const chosen = new Int8Array(scores.length);
  for (const canary of order.slice(0, guesses)) chosen[canary] = (scores[canary] ?? 0) > 0 ? 1 : -1;
  return chosen;
}

/**
 * Counts an attacker's guesses.
 * @param chosen 1, −1 or 0 a canary
 * @param coins 1 where the canary was in the data, else 0
 */
export function recordOf(chosen: Int8Array, coins: Uint8Array): GuessRecord {
  const guesses = chosen.reduce((count, guess) => count + Math.abs(guess), 0);
  const right = chosen.reduce((count, guess, i) => count + (guess === (coins[i] === 1 ? 1 : -1) ? 1 : 0), 0);
  return { canaries: coins.length, guesses, right };
}
