import { badRequest } from '../errors.ts';

/** `<range>:<version>#<lsn>`: one range, one version. */
export const sessionToken = (lsn: number): string => `0:-1#${lsn}`;

/** The highest lsn that a session token names; 0 without one. @throws CosmosError 400 when it is none. */
export function sessionLsn(token: string | undefined): number {
  if (token === undefined || token === '') return 0;
  const lsns = token.split(',').map((part) => /^\d+:(?:-?\d+#)?(\d+)(?:#.*)?$/.exec(part.trim())?.[1]);
  if (lsns.includes(undefined)) throw badRequest(`The session token provided '${token}' is invalid.`);
  return Math.max(...lsns.map(Number));
}
