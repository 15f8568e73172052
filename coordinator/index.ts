/**
 * The platform's process: certificate authority, stores, the round reducer and its driver, the gRPC services.
 *
 * Imports federation and what it may import. Never knows a merchant's data or a client's files.
 */
export {};
