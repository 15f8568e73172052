import { z } from 'zod';

import type { RoundId } from './ids.js';
import type { Schema, StoredPhase } from './schema.js';

/** One who may take part in a round. */
export interface RoundMember {
  readonly merchant: string;
  /** Ed25519, 32 bytes. */
  readonly identityKey: Buffer;
}

/** U1, U2 and U3 by name, as far as the round has come. */
export interface Cohorts {
  readonly roster?: readonly string[];
  /** Those of U1 who opened their coins; absent on the complete graph. */
  readonly openers?: readonly string[];
  readonly sharers?: readonly string[];
  readonly survivors?: readonly string[];
}

/** A round as stored. */
export interface RoundRecord {
  readonly id: RoundId;
  readonly job: string;
  readonly round: number;
  readonly step: number;
  /** The signed contract, a serialised envelope. */
  readonly contract: Buffer;
  readonly members: readonly RoundMember[];
  readonly phase: StoredPhase;
  /** When the phase ends, ms since the epoch; 0 where nobody waits. */
  readonly deadlineMs: number;
  readonly code: string;
  readonly cohorts: Cohorts;
  readonly startedAtMs: number;
  readonly endedAtMs: number | undefined;
}

/** A refusal as a merchant reported it: the code and nothing else. */
export interface RefusalRecord {
  readonly merchant: string;
  readonly code: string;
}

const Members = z.array(z.object({ merchant: z.string(), identityKey: z.string() }));
const Names = z.array(z.string()).exactOptional();
const StoredCohorts = z.object({ roster: Names, openers: Names, sharers: Names, survivors: Names });

/** Reads a stored row. @throws ZodError if its JSON is not what this code writes: a fault */
export function roundRecordOf(row: Schema['rounds']): RoundRecord {
  const members = Members.parse(JSON.parse(row.members));
  return {
    id: row.id as RoundId,
    job: row.job,
    round: row.round,
    step: row.step,
    contract: row.contract,
    members: members.map((member) => ({
      merchant: member.merchant,
      identityKey: Buffer.from(member.identityKey, 'hex'),
    })),
    phase: row.phase,
    deadlineMs: row.deadline,
    code: row.code,
    cohorts: StoredCohorts.parse(JSON.parse(row.cohorts)),
    startedAtMs: row.started_at,
    endedAtMs: row.ended_at ?? undefined,
  };
}
