/**
 * The gate: which shoppers no release ever sees, and whether what a release brought is used, judged on them alone.
 *
 * Imports the recommender's types. Never knows rankings or models, only two lists of figures; its decisions stay at the merchant.
 */
export { GATE_SHARE, isGateShopper, splitGate } from './shoppers.js';
export type { GateSplit } from './shoppers.js';
export { decide, FEWEST_CHANGED, HARM_LEVEL } from './decision.js';
export type { FederatedComponent, GateDecision } from './decision.js';
export { studentCumulative } from './student.js';
