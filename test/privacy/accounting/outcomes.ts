import { expect } from 'chai';
import type { Bounds, MechanismEvent } from '../../../privacy/index.js';

/** Gaussian releases of multiplier z. */
export const gaussian = (noiseMultiplier: number, samplingRate: number, steps: number): MechanismEvent => ({
  kind: 'gaussian',
  noiseMultiplier,
  samplingRate,
  steps,
});
/** One release of pure ε-DP. */
export const pure = (epsilon: number): MechanismEvent => ({ kind: 'pure', epsilon });
/** Discrete Laplace releases of ε and L1 bound K. */
export const discreteLaplace = (epsilon: number, sensitivity: number, samplingRate = 1, steps = 1): MechanismEvent => ({
  kind: 'discreteLaplace',
  epsilon,
  sensitivity,
  samplingRate,
  steps,
});
/** Continuous Laplace releases. */
export const laplace = (noiseMultiplier: number, samplingRate = 1, steps = 1): MechanismEvent => ({
  kind: 'laplace',
  noiseMultiplier,
  samplingRate,
  steps,
});

/** The exact value lies between the bounds, and they within `gap` of each other. */
export function expectAround({ upper, lower }: Bounds, exact: number, gap: number, name = ''): void {
  // The yardsticks themselves are differences of doubles near 1.
  expect(upper, `${name} upper`).to.be.at.least(exact - 2e-16);
  expect(lower, `${name} lower`).to.be.at.most(exact + 2e-16);
  expect(upper - lower, `${name} gap`).to.be.at.most(gap);
}

/** A mechanism by all its outcomes: mass with and without the shopper. */
export type Outcomes = readonly (readonly [number, number])[];

/** Discrete Laplace noise of decay γ on integers within ±reach, against its shift. */
export function shiftedLaplace(decay: number, shift: number, reach = 120): Outcomes {
  const weight = Math.tanh(decay / 2);
  return Array.from({ length: 2 * reach + 1 }, (_, i) => {
    const z = i - reach;
    return [weight * Math.exp(-decay * Math.abs(z - shift)), weight * Math.exp(-decay * Math.abs(z))] as const;
  });
}

/** Independent mechanisms seen together. */
export function product(mechanisms: readonly Outcomes[]): Outcomes {
  let joint: Outcomes = [[1, 1]];
  for (const mechanism of mechanisms)
    joint = joint.flatMap(([p, q]) => mechanism.map(([r, s]) => [p * r, q * s] as const));
  return joint;
}

/** δ by the definition, the worse of both directions. */
export function hockeyStick(outcomes: Outcomes, epsilon: number): number {
  const ratio = Math.exp(epsilon);
  let removing = 0;
  let adding = 0;
  for (const [p, q] of outcomes) {
    removing += Math.max(0, p - ratio * q);
    adding += Math.max(0, q - ratio * p);
  }
  return Math.max(removing, adding);
}
