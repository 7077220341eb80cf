/** What a delivery attempt came to: the subscriber's status, or none within 30 seconds, or no connection. */
export type Outcome = number | 'timed out' | 'unreachable';

/** What happens to an event after a failed attempt. */
export type Next = { readonly after: number } | { readonly reason: string };

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
/** https://learn.microsoft.com/azure/event-grid/delivery-and-retry#retry-schedule: then every 12 hours. */
export const documentedSchedule: readonly number[] = [
  ...[10 * second, 30 * second, minute, 5 * minute, 10 * minute, 30 * minute],
  ...[hour, 3 * hour, 6 * hour, 12 * hour],
];
/** Longer waits after some answers (same page, "Failure codes"). */
const atLeast: Readonly<Record<string, number>> = { 404: 5 * minute, 408: 2 * minute, 503: 30 * second };
/** Answers that no further attempt would change. */
const final = new Map<Outcome, string>([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [413, 'PayloadTooLarge'],
]);
const names = new Map<Outcome, string>([
  ...final,
  [404, 'NotFound'],
  [408, 'TimedOut'],
  [503, 'Busy'],
  ['timed out', 'TimedOut'],
  ['unreachable', 'ResolutionError'],
]);

/** 200 to 204, and nothing else, acknowledges an event. */
export const isDelivered = (outcome: Outcome): boolean =>
  typeof outcome === 'number' && outcome >= 200 && outcome <= 204;

/** The name that a dead letter gives the last outcome. */
export const outcomeName = (outcome: Outcome): string => names.get(outcome) ?? 'GenericError';

/**
 * Decides on an event whose delivery failed.
 * @param attempts made so far, the failed one included.
 * @param age milliseconds since it was published.
 * @param schedule waits in milliseconds; the longer waits of single answers hold for the documented one.
 */
export function nextAttempt(
  outcome: Outcome,
  attempts: number,
  age: number,
  limits: { readonly maxDeliveryAttempts: number; readonly timeToLiveMinutes: number },
  schedule: readonly number[] = documentedSchedule,
): Next {
  const hopeless = final.get(outcome);
  if (hopeless !== undefined) return { reason: `UndeliverableDueToHttp${hopeless}` };
  if (attempts >= limits.maxDeliveryAttempts) return { reason: 'MaxDeliveryAttemptsExceeded' };
  const planned = schedule[Math.min(attempts, schedule.length) - 1] ?? 0;
  const after = schedule === documentedSchedule ? Math.max(planned, atLeast[outcome] ?? 0) : planned;
  return age + after > limits.timeToLiveMinutes * minute ? { reason: 'TimeToLiveExceeded' } : { after };
}
