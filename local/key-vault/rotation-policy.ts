import { badParameter } from './errors.ts';

/** ISO 8601 durations of years, months, weeks and days. */
const duration = /^P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?$/;

/**
 * Reads a rotation policy (https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation). It is kept and
 * shown; keys are rotated by a call here, not by the clock.
 * @param now seconds since 1970. @throws KeyVaultError 400.
 */
export function readRotationPolicy(body: Readonly<Record<string, unknown>>, now: number): object {
  const actions = body['lifetimeActions'] ?? [];
  if (!Array.isArray(actions)) throw badParameter('lifetimeActions must be an array.');
  for (const { action, trigger } of actions as Record<string, Record<string, unknown> | undefined>[]) {
    if (!['rotate', 'notify'].includes(String(action?.['type']).toLowerCase()))
      throw badParameter('The type of a lifetime action must be Rotate or Notify.');
    const times = [trigger?.['timeAfterCreate'], trigger?.['timeBeforeExpiry']].filter((one) => one != null);
    if (times.length !== 1 || !duration.test(String(times[0])))
      throw badParameter('A trigger needs timeAfterCreate or timeBeforeExpiry, a duration such as P90D.');
  }
  const { expiryTime } = (body['attributes'] ?? {}) as { expiryTime?: unknown };
  if (expiryTime != null && !duration.test(String(expiryTime)))
    throw badParameter('attributes.expiryTime must be a duration such as P2Y.');
  return {
    lifetimeActions: actions,
    attributes: { ...(expiryTime != null && { expiryTime }), created: now, updated: now },
  };
}
