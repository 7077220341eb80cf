import type { RetryOptions } from 'durable-functions';

/**
 * Some two minutes in all, so that an outage of a store does not end an orchestration. Without `retryTimeoutInMilliseconds`,
 * which the type asks for: the extension honours it, and the SDK, which does not, would then wait for ever.
 */
export const retries = {
  firstRetryIntervalInMilliseconds: 1_000,
  maxNumberOfAttempts: 8,
  backoffCoefficient: 2,
  maxRetryIntervalInMilliseconds: 30_000,
} as RetryOptions;
