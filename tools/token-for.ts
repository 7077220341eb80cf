import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEndpoints, stateFolder } from './endpoints.ts';

const kept = new Map<string, { readonly token: string; readonly until: number }>();

/** A bearer token of a demo user, kept until shortly before it expires. @throws Error that lists who there is. */
export async function tokenFor(user: string): Promise<string> {
  const known = kept.get(user);
  if (known !== undefined && known.until > Date.now()) return known.token;
  const { admin } = JSON.parse(readFileSync(join(stateFolder(), 'keys.json'), 'utf8')) as { admin: string };
  const response = await fetch(new URL('/token-for', readEndpoints().identity.issuer), {
    method: 'POST',
    headers: { 'x-admin-key': admin, 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
  });
  const answer = (await response.json()) as { access_token?: string; expires_in?: number; error?: string };
  if (answer.access_token === undefined)
    throw new Error(answer.error ?? `The identity provider answered ${response.status}.`);
  kept.set(user, { token: answer.access_token, until: Date.now() + ((answer.expires_in ?? 600) - 60) * 1000 });
  return answer.access_token;
}
