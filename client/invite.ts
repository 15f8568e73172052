import { X509Certificate } from 'node:crypto';
import { stringify } from 'smol-toml';
import { z } from 'zod';
import { GuildhallError } from '../errors/index.js';
import { readToml } from './config/toml.js';

const bytes = (length: number) =>
  z
    .string()
    .regex(/^([0-9a-f]{2})*$/, 'must be lower-case hexadecimal')
    .length(2 * length, `must be ${length} bytes`)
    .transform((hex) => new Uint8Array(Buffer.from(hex, 'hex')));

const address = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/, 'must be HOST:PORT');

const schema = z.strictObject({
  federation: z.string().min(1),
  merchant: z.string().min(1),
  address,
  enrolment_address: address,
  token: bytes(32),
  expires_at: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  contract_key: bytes(32),
  authority: z.string().refine(isCertificate, 'must be one PEM certificate'),
});

/** What a merchant needs to join a federation: made by the platform, carried to the merchant by a way of its own. */
export interface Invite {
  readonly federation: string;
  /** The name under which the merchant will be enrolled. */
  readonly merchant: string;
  /** HOST:PORT of the rounds service, and of the enrolment service. */
  readonly address: string;
  readonly enrolmentAddress: string;
  /** The one-time secret, 32 bytes. */
  readonly token: Uint8Array;
  readonly expiresAtMs: number;
  /** The coordinator's contract-signing key (Ed25519, 32 bytes), pinned from now on. */
  readonly contractKey: Uint8Array;
  /** The authority's certificate, PEM, pinned from now on. */
  readonly authority: string;
}

/**
 * Reads an invite file: TOML, or JSON with the same fields (bytes in hexadecimal).
 * @param file the name to show in errors
 * @throws GuildhallError INVITE_MALFORMED naming the field
 */
export function parseInvite(text: string, file = 'invite'): Invite {
  const fields = text.trimStart().startsWith('{')
    ? fromJson(text, file)
    : readToml(text, file, schema, 'INVITE_MALFORMED');
  return {
    federation: fields.federation,
    merchant: fields.merchant,
    address: fields.address,
    enrolmentAddress: fields.enrolment_address,
    token: fields.token,
    expiresAtMs: fields.expires_at,
    contractKey: fields.contract_key,
    authority: fields.authority,
  };
}

/** Writes an invite as the TOML text that {@link parseInvite} reads. It holds a secret: store it with mode 0600. */
export function formatInvite(invite: Invite): string {
  const comment = `# Invitation of ${invite.merchant} to ${invite.federation}. Works once; whoever holds it can join as ${invite.merchant}.\n`;
  return (
    comment +
    stringify({
      federation: invite.federation,
      merchant: invite.merchant,
      address: invite.address,
      enrolment_address: invite.enrolmentAddress,
      token: hex(invite.token),
      expires_at: new Date(invite.expiresAtMs).toISOString(),
      contract_key: hex(invite.contractKey),
      authority: invite.authority,
    })
  );
}

function fromJson(text: string, file: string): z.output<typeof schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new GuildhallError('INVITE_MALFORMED', `${file} is neither TOML nor JSON.`, {
      details: { file },
      cause: error,
    });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new GuildhallError(
    'INVITE_MALFORMED',
    `${file}: ${field || 'the file'}: ${issue?.message ?? 'is not valid'}.`,
    {
      details: { file, field },
    },
  );
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
