// SPDX-License-Identifier: Apache-2.0
// The one error class. Errors of the daemon and the manager keep their numbers
// (include/goxel/error.h); those made here use the same list.
'use strict';

const CODES = {
  IO: -32603,
  NOT_FOUND: -32004,
  TIMEOUT: -32009,
  TOO_LARGE: -32007,
  PARSE: -32700,
  FORBIDDEN: -32006,
  CLOSED: -32014,
};

class GoxelError extends Error {
  // retryable: the same call may be made again without doing something twice.
  // unknownOutcome: the connection ended after the call was sent, and before
  // its answer: it may have been carried out.
  constructor(message, { code, reason, data, retryable, unknownOutcome, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'GoxelError';
    this.reason = reason ?? 'IO';
    this.code = code ?? CODES[this.reason] ?? CODES.IO;
    this.data = data ?? null;
    this.retryable = retryable ?? false;
    this.unknownOutcome = unknownOutcome ?? false;
  }

  // From the error object of an answer.
  static fromAnswer(error, method) {
    const data = error.data ?? null;
    return new GoxelError(`${method}: ${error.message}`, {
      code: error.code,
      reason: data?.reason ?? 'IO',
      data,
      retryable: typeof data?.retry_after_ms === 'number',
    });
  }
}

module.exports = { GoxelError };
