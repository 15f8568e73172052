/**
 * The merchant's process: configuration, state directory, enrolment, rounds, ledger, local evaluation.
 *
 * state/ writes whole files or none and knows every path; config/ reads what operators write; wire/ is gRPC over mutual
 * TLS; ledger/ is the durable memory of what was spent; rounds/ drives the protocol's machine through one round;
 * training/ owns the shop's data in a worker thread; serving/ ranks for one context. One function for each command stands at the top.
 *
 * Imports federation and what it may import. Trusts nothing that the coordinator says.
 */
export { joinFederation } from './join.js';
export type { JoinOptions, JoinResult } from './join.js';
export { checkClient } from './check.js';
export type { CheckFinding, CheckOptions, CheckReport } from './check.js';
export { renewClient } from './renew.js';
export type { RenewOptions, RenewReport } from './renew.js';
export { runClient } from './run.js';
export type { RunOptions, RunSummary } from './run.js';
export type { ClientEvent } from './events.js';
export type { RoundOutcome } from './rounds/outcome.js';
export { reportBudget } from './budget.js';
export type { BudgetOptions, BudgetReport } from './budget.js';
export { listContracts } from './contracts.js';
export type { ContractsOptions, SeenContract } from './contracts.js';
export { previewContract } from './preview.js';
export type { Preview, PreviewOptions } from './preview.js';
export { exportClientLedger, resolveClientLedger, verifyClientLedger, verifyLedgerExport } from './ledger-commands.js';
export type { LedgerReport, ResolveOptions } from './ledger-commands.js';
export type { ResolvedLedger } from './ledger/resolve.js';
export { showPolicy } from './policy-command.js';
export { listMembers, pinShownMembers } from './member-commands.js';
export type { MembersOptions, MembersReport } from './member-commands.js';
export { pinMembers, readMembers } from './members.js';
export type { MemberComparison, PinnedMember, PinRequest } from './members.js';
export { evaluateClient } from './evaluate.js';
export type { EvaluateOptions, EvaluationReport } from './evaluate.js';
export { compressTower, removeCompressedTower } from './compress.js';
export type { CompressOptions, CompressReport } from './compress.js';
export { MerchantRanker } from './serving/merchant-ranker.js';
export type { MerchantRankerOptions } from './serving/merchant-ranker.js';
export type {
  ExploredItem,
  ServedExploration,
  ServedImpression,
  ServedItem,
  ServedPromotion,
  ServedRequest,
  ServedShopper,
} from './serving/served.js';
export { reportExploration } from './serving/exploration-report.js';
export type { ExplorationReport, ExplorationReportOptions } from './serving/exploration-report.js';
export type { LocalEvaluation, LocalTowerFigures, RankingFigures } from './training/evaluation.js';
export type { TrainingProgress } from './training/messages.js';
export { formatInvite, parseInvite } from './invite.js';
export type { Invite } from './invite.js';
export { certificatePem } from './keys.js';
export { configTemplate } from './config/templates.js';
export { policyText, presetText } from './config/policy-text.js';
export type { ConfigDraft } from './config/templates.js';
export { popularItems } from './popular.js';
export type { PopularItems } from './popular.js';
export { openState, statePaths } from './state/directory.js';
export type { ClientState, StatePaths } from './state/directory.js';
export { Ledger } from './ledger/ledger.js';
export type { Logger } from 'pino';
export { systemClock } from './clock.js';
export type { Clock } from './clock.js';
