/**
 * The merchant's process: configuration, state directory, enrolment, rounds, ledger, local evaluation.
 *
 * Imports federation and what it may import. Trusts nothing that the coordinator says.
 */
export {};
