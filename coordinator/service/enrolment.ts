import { createHash } from 'node:crypto';

import type { Logger } from 'pino';

import { errorCodeOf, GuildhallError } from '../../errors/index.js';
import type { EnrolmentServiceServer, EnrolRequest, EnrolResponse } from '../../proto/index.js';
import { certificateFingerprint, verifyCertificateRequest, verifyEnrolmentProof } from '../ca/index.js';
import type { CertificateAuthority } from '../ca/index.js';
import type { Clock } from '../clock.js';
import type { MerchantStore } from '../store/index.js';
import { toServiceError } from './errors.js';
import type { RateLimiter } from './limits.js';

/** What enrolment works with. */
export interface EnrolmentParts {
  readonly authority: CertificateAuthority;
  readonly merchants: MerchantStore;
  readonly clock: Clock;
  readonly limiter: RateLimiter;
  readonly logger: Logger;
}

/** Length of an invite's token, bytes. */
export const TOKEN_BYTES = 32;

/** EnrolmentService: the one call without a client certificate. Its calls are counted together, whoever makes them. */
export function enrolmentService(parts: EnrolmentParts): EnrolmentServiceServer {
  return {
    enrol: (call, callback) => {
      Promise.resolve()
        .then(() => {
          parts.limiter.take('enrol');
          return enrol(parts, call.request);
        })
        .then(
          (answer) => {
            callback(null, answer);
          },
          (error: unknown) => {
            parts.logger.warn({ code: errorCodeOf(error), peer: call.getPeer() }, 'enrolment refused');
            callback(toServiceError(error));
          },
        );
    },
  };
}

/**
 * Enrols whoever holds an invite: the name is the invite's. The same request again gets the same certificate, so a lost
 * answer costs no invite; another one is refused.
 * @throws GuildhallError INVITE_INVALID, INVITE_EXPIRED, INVITE_USED, IDENTITY_PROOF_INVALID,
 * CERTIFICATE_REQUEST_INVALID, IDENTITY_IN_USE
 */
async function enrol(parts: EnrolmentParts, request: EnrolRequest): Promise<EnrolResponse> {
  const { token, certificateRequest, identityKey, identitySignature } = request;
  const { authority, merchants, clock, logger } = parts;
  const nowMs = clock.now();
  if (token.length !== TOKEN_BYTES) throw new GuildhallError('INVITE_INVALID', 'The invite has no proper token.');
  const tokenSha256 = sha256Hex(token);
  const { merchant, usedBy } = await merchants.findInvite(tokenSha256, nowMs);
  verifyEnrolmentProof({ token, certificateRequest, identityKey, signature: identitySignature });
  const publicKey = await verifyCertificateRequest(certificateRequest);
  const requestSha256 = sha256Hex(certificateRequest);
  if (usedBy?.requestSha256 === requestSha256 && usedBy.identityKey.equals(identityKey)) {
    return { merchant, certificate: usedBy.certificate, authority: authority.certificate };
  }
  if (usedBy !== undefined) throw new GuildhallError('INVITE_USED', `The invite for ${merchant} has been used.`);
  const certificate = await authority.issueMerchant({ merchant, publicKey, nowMs });
  const certificateSha256 = certificateFingerprint(certificate);
  await merchants.enrol(tokenSha256, {
    name: merchant,
    identityKey,
    certificate,
    certificateSha256,
    requestSha256,
    nowMs,
  });
  logger.info({ merchant, certificate: certificateSha256 }, 'merchant enrolled');
  return { merchant, certificate, authority: authority.certificate };
}

/** SHA-256, lower-case hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
