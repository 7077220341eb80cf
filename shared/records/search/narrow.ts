import type { Ods } from '../../context.ts';
import { narrowing, type SearchQuery } from '../../fhir/index.ts';
import type { Keyring } from '../../keys/index.ts';
import { ofRef } from '../ids.ts';

/** A condition on `search` and `dates` of documents `c`, with its parameters; what it lets pass the matcher decides. */
export interface Narrowed {
  /** Begins with ` AND ` unless it is empty. */
  readonly sql: string;
  /** The part of it that superseded versions can be asked too: they keep no terms. */
  readonly idsSql: string;
  readonly parameters: Readonly<Record<string, string | number>>;
}

/** Terms leave the process as keyed hashes only. @param prefix what names of parameters begin with */
export async function narrow(
  keyring: Keyring,
  trust: Ods,
  query: SearchQuery,
  documents: 'current' | 'lookup' = 'current',
  prefix = 'p',
): Promise<Narrowed> {
  const { ids, terms, dates } = narrowing(query);
  const parameters: Record<string, string | number> = {};
  const bind = (value: string | number): string => {
    const name = `${prefix}${Object.keys(parameters).length}`;
    parameters[name] = value;
    return `@${name}`;
  };
  const conditions: string[] = [];
  const oneOf = (property: string, wanted: readonly string[]): string =>
    wanted.length === 0 ? ' AND false' : ` AND c.${property} IN (${wanted.map(bind).join(', ')})`;
  const of = ids?.map((id) => ofRef({ type: query.type, id }));
  const idsSql = of === undefined ? '' : oneOf('of', of);
  const own = ids === undefined ? '' : documents === 'lookup' ? oneOf('resource', ids) : idsSql;
  for (const alternatives of terms) {
    const hashes = await Promise.all(alternatives.map((term) => keyring.hashes(trust, term)));
    conditions.push(
      `(${hashes
        .flat()
        .map((hash) => `ARRAY_CONTAINS(c.search, ${bind(hash)})`)
        .join(' OR ')})`,
    );
  }
  for (const { p, from, to } of dates) {
    const parts = [`d.p = ${bind(p)}`];
    if (from !== undefined) parts.push(`d.to >= ${bind(from)}`);
    if (to !== undefined) parts.push(`d["from"] <= ${bind(to)}`);
    conditions.push(`EXISTS(SELECT VALUE d FROM d IN c.dates WHERE ${parts.join(' AND ')})`);
  }
  return { sql: own + conditions.map((each) => ` AND ${each}`).join(''), idsSql, parameters };
}
