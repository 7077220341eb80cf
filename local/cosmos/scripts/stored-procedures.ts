import { createHash } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import type { Container } from '../container.ts';
import { badRequest, CosmosError, notFound } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { databaseRid, scriptRid } from '../resource-id.ts';
import { checkedResourceId } from '../resource-name.ts';

/** A script as it was registered. */
export interface StoredProcedure {
  readonly n: number;
  readonly id: string;
  readonly body: string;
  /** Seconds since 1970. */
  readonly ts: number;
}

/** Published limit of scripts in a container. */
const maximumInContainer = 100;
const maximumBody = 256 * 1024;

/** The stored procedures of containers. Changes belong inside a transaction. */
export class StoredProcedures {
  readonly #prepare: (sql: string) => StatementSync;

  constructor(prepare: (sql: string) => StatementSync) {
    this.#prepare = prepare;
  }

  all({ n }: Container): StoredProcedure[] {
    return this.#prepare('SELECT n, id, body, ts FROM stored_procedures WHERE container = ? ORDER BY n')
      .all(n)
      .map(fromRow);
  }

  /** @throws CosmosError 404. */
  get({ n }: Container, id: string): StoredProcedure {
    const row = this.#prepare('SELECT n, id, body, ts FROM stored_procedures WHERE container = ? AND id = ?').get(
      n,
      id,
    );
    if (row === undefined) throw notFound();
    return fromRow(row);
  }

  /** @throws CosmosError 409 when there is one of that id, 403 when there are a hundred already. */
  create(container: Container, given: JsonObject, ts: number): StoredProcedure {
    const id = checkedResourceId(given['id']);
    const present = this.all(container);
    if (present.some((one) => one.id === id))
      throw new CosmosError(409, 'Resource with specified id or name already exists.');
    if (present.length >= maximumInContainer)
      throw new CosmosError(403, `A container may have at most ${maximumInContainer} stored procedures.`);
    this.#prepare('INSERT INTO stored_procedures (container, id, body, ts) VALUES (?, ?, ?, ?)').run(
      container.n,
      id,
      checkedBody(given['body']),
      ts,
    );
    return this.get(container, id);
  }

  replace(container: Container, id: string, given: JsonObject, ts: number): StoredProcedure {
    const { n } = this.get(container, id);
    if (given['id'] !== id) throw badRequest('Replacing the id of a stored procedure is not allowed.');
    this.#prepare('UPDATE stored_procedures SET body = ?, ts = ? WHERE n = ?').run(checkedBody(given['body']), ts, n);
    return this.get(container, id);
  }

  remove(container: Container, id: string): void {
    this.#prepare('DELETE FROM stored_procedures WHERE n = ?').run(this.get(container, id).n);
  }

  removeAll({ n }: Container): void {
    this.#prepare('DELETE FROM stored_procedures WHERE container = ?').run(n);
  }
}

const fromRow = (row: Record<string, unknown>): StoredProcedure => ({
  n: Number(row['n']),
  id: String(row['id']),
  body: String(row['body']),
  ts: Number(row['ts']),
});

function checkedBody(body: Json | undefined): string {
  if (typeof body !== 'string' || body.trim() === '') throw badRequest('A stored procedure needs a body: a function.');
  if (Buffer.byteLength(body) > maximumBody) throw badRequest(`A script may have at most ${maximumBody} bytes.`);
  return body;
}

export function storedProcedureDocument(container: Container, { n, id, body, ts }: StoredProcedure): JsonObject {
  const rid = scriptRid(container.rid, n);
  const etag = createHash('sha1').update(`${n} ${ts} ${body}`).digest('hex').slice(0, 32);
  return {
    id,
    body,
    _rid: rid,
    _self: `dbs/${databaseRid(container.databaseNumber)}/colls/${container.rid}/sprocs/${rid}/`,
    _etag: `"${etag}"`,
    _ts: ts,
  };
}
