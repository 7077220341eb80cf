import { createHmac } from 'node:crypto';

/** A key that its holder signs with in the name of an identity, by the fields that go with every signature. */
export interface DelegationKey {
  readonly objectId: string;
  readonly tenantId: string;
  /** As the caller wrote them. */
  readonly start: string;
  readonly expiry: string;
  readonly version: string;
}

/** Everybody here is of one tenant. */
export const tenantId = '00000000-0000-0000-0000-000000000000';
/** https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key: seven days. */
export const longestDelegation = 7 * 24 * 3600_000;

/** The key's value follows from its fields and the account's key, so that nothing has to be kept of it. */
export function delegationKeyValue(
  { objectId, tenantId, start, expiry, version }: DelegationKey,
  accountKey: string,
): string {
  const fields = ['user delegation key', objectId, tenantId, start, expiry, 'b', version].join('\n');
  return createHmac('sha256', Buffer.from(accountKey, 'base64')).update(fields, 'utf8').digest('base64');
}
