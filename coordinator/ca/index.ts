/**
 * The platform's certificate authority: who may talk to the coordinator, and in which role.
 *
 * Knows keys, certificates and requests; never the store, and never who is a merchant in a round.
 */
export { CertificateAuthority, certificateFingerprint, certificatePem, haveSameKey, termOf } from './authority.js';
export type { KeyAndCertificate, Role } from './authority.js';
export { enrolmentProof, verifyCertificateRequest, verifyEnrolmentProof } from './requests.js';
