import type { Ods } from '../context.ts';
import { narrowing, type SearchQuery } from '../fhir/index.ts';
import type { Keyring } from '../keys/index.ts';
import { ofRef } from './ids.ts';

/** A condition on `search` and `dates` of documents `c`, with its parameters; what it lets pass the matcher decides. */
export interface Narrowed {
  /** Begins with ` AND ` unless it is empty. */
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string | number>>;
}

/** Terms leave the process as keyed hashes only. */
export async function narrow(
  keyring: Keyring,
  trust: Ods,
  query: SearchQuery,
  documents: 'current' | 'lookup' = 'current',
): Promise<Narrowed> {
  const { ids, terms, dates } = narrowing(query);
  const parameters: Record<string, string | number> = {};
  const bind = (value: string | number): string => {
    const name = `p${Object.keys(parameters).length}`;
    parameters[name] = value;
    return `@${name}`;
  };
  const conditions: string[] = [];
  if (ids !== undefined) {
    const wanted = ids.map((id) => bind(documents === 'lookup' ? id : ofRef({ type: query.type, id })));
    conditions.push(`c.${documents === 'lookup' ? 'resource' : 'of'} IN (${wanted.join(', ')})`);
  }
  for (const alternatives of terms) {
    const hashes = await Promise.all(alternatives.map((term) => keyring.hash(trust, term)));
    conditions.push(`(${hashes.map((hash) => `ARRAY_CONTAINS(c.search, ${bind(hash)})`).join(' OR ')})`);
  }
  for (const { p, from, to } of dates) {
    const parts = [`d.p = ${bind(p)}`];
    if (from !== undefined) parts.push(`d.to >= ${bind(from)}`);
    if (to !== undefined) parts.push(`d["from"] <= ${bind(to)}`);
    conditions.push(`EXISTS(SELECT VALUE d FROM d IN c.dates WHERE ${parts.join(' AND ')})`);
  }
  return { sql: conditions.map((each) => ` AND ${each}`).join(''), parameters };
}
