import type { Call, Ods } from '../../shared/context.ts';
import { WardlineError } from '../../shared/errors.ts';
import { type Keyring, seal, unseal } from '../../shared/keys/index.ts';

/** What is paged: a cursor of one kind opens nothing else. */
export type CursorKind = 'search' | 'history' | 'everything' | 'timeline';

/** Characters of an address that every proxy on the way lets through. */
const longest = 6000;

/** A cursor is good for who got it, in the trust that it was given for. */
const purposeOf = (kind: CursorKind, call: Call, trust: Ods): string => `cursor|${kind}|${trust}|${call.actor.id}`;

/**
 * Where a page begins, opaque and authentic: sealed with the trust's key, so that neither search values nor sort keys
 * stand in an address in clear. @throws WardlineError `too-costly` when the search is too long for an address
 */
export async function sealCursor(
  keyring: Keyring,
  call: Call,
  trust: Ods,
  kind: CursorKind,
  content: object,
): Promise<string> {
  const text = seal(await keyring.trustKey(trust, 'cursor'), content, purposeOf(kind, call, trust));
  if (text.length > longest)
    throw new WardlineError('too-costly', 'The search is too long to be paged: ask for less, or for all by _count.', {
      expression: '_count',
    });
  return text;
}

/** @throws WardlineError `invalid-parameter` for a cursor that was not given to this caller */
export async function openCursor<T>(
  keyring: Keyring,
  call: Call,
  trust: Ods,
  kind: CursorKind,
  text: string,
): Promise<T> {
  const key = await keyring.trustKey(trust, 'cursor');
  try {
    return unseal<T>(key, text, purposeOf(kind, call, trust));
  } catch (cause) {
    throw new WardlineError('invalid-parameter', 'This cursor is none of yours: begin again with the first page.', {
      expression: '_cursor',
      cause,
    });
  }
}
