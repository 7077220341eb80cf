import type { Documents } from '../azure/documents.ts';
import type { Ods } from '../context.ts';
import { chainOf } from './chain.ts';
import { type LinkDocument, linkDocumentId } from './documents.ts';
import type { AuditEntry } from './entry.ts';

/** Crockford's base32, as ULIDs are written. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/**
 * Finds an entry by its id. The month is in the id when that is a ULID; a viewing session's entry is looked for in this
 * month and the one before.
 */
export async function findEntry(audit: Documents, trust: Ods, id: string, now: Date): Promise<AuditEntry | undefined> {
  const times = ulid.test(id) ? [timeOf(id)] : [now, new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1))];
  for (const time of times) {
    const chain = chainOf({ trust, recorded: time.toISOString(), id });
    const [link] = await audit.readTogether<LinkDocument>(chain, [linkDocumentId(id)]);
    if (link !== undefined) return link.document.entry;
  }
  return undefined;
}

/** The first ten characters of a ULID are milliseconds since 1970 (https://github.com/ulid/spec). */
const timeOf = (id: string): Date =>
  new Date([...id.slice(0, 10)].reduce((time, character) => time * 32 + alphabet.indexOf(character), 0));
