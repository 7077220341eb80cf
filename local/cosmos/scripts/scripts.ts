import { createHash } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import type { Container } from '../container.ts';
import { badRequest, CosmosError, notFound } from '../errors.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { databaseRid, scriptRid } from '../resource-id.ts';
import { checkedResourceId } from '../resource-name.ts';

/** Stored procedures, triggers and user-defined functions, as paths name them. */
export type ScriptKind = 'sprocs' | 'triggers' | 'udfs';

/** A script as it was registered. */
export interface Script {
  readonly n: number;
  readonly kind: ScriptKind;
  readonly id: string;
  readonly body: string;
  /** Seconds since 1970. */
  readonly ts: number;
  /** What a trigger says besides. */
  readonly trigger: Trigger | undefined;
}

export interface Trigger {
  readonly triggerType: 'pre' | 'post';
  readonly triggerOperation: 'all' | 'create' | 'update' | 'replace' | 'delete';
}

/** Published limits of scripts in a container, and how the service speaks of them. */
const kinds: Readonly<Record<ScriptKind, { readonly most: number; readonly name: string }>> = {
  sprocs: { most: 100, name: 'stored procedure' },
  triggers: { most: 25, name: 'trigger' },
  udfs: { most: 50, name: 'user-defined function' },
};
const maximumBody = 256 * 1024;
const columns = 'n, kind, id, body, ts, extra';

/** The scripts of containers. Changes belong inside a transaction. */
export class Scripts {
  readonly #prepare: (sql: string) => StatementSync;

  constructor(prepare: (sql: string) => StatementSync) {
    this.#prepare = prepare;
  }

  all({ n }: Container, kind: ScriptKind): Script[] {
    return this.#prepare(`SELECT ${columns} FROM scripts WHERE container = ? AND kind = ? ORDER BY n`)
      .all(n, kind)
      .map(fromRow);
  }

  /** @throws CosmosError 404. */
  get(container: Container, kind: ScriptKind, id: string): Script {
    const script = this.find(container, kind, id);
    if (script === undefined) throw notFound();
    return script;
  }

  find({ n }: Container, kind: ScriptKind, id: string): Script | undefined {
    const row = this.#prepare(`SELECT ${columns} FROM scripts WHERE container = ? AND kind = ? AND id = ?`).get(
      n,
      kind,
      id,
    );
    return row === undefined ? undefined : fromRow(row);
  }

  /** @throws CosmosError 409 when there is one of that id, 403 when there are as many as may be. */
  create(container: Container, kind: ScriptKind, given: JsonObject, ts: number): Script {
    const id = checkedResourceId(given['id']);
    const present = this.all(container, kind);
    if (present.some((one) => one.id === id))
      throw new CosmosError(409, 'Resource with specified id or name already exists.');
    const { most, name } = kinds[kind];
    if (present.length >= most) throw new CosmosError(403, `A container may have at most ${most} ${name}s.`);
    this.#prepare('INSERT INTO scripts (container, kind, id, body, ts, extra) VALUES (?, ?, ?, ?, ?, ?)').run(
      ...[container.n, kind, id, checkedBody(given['body'], kind), ts, JSON.stringify(checkedTrigger(given, kind))],
    );
    return this.get(container, kind, id);
  }

  replace(container: Container, kind: ScriptKind, id: string, given: JsonObject, ts: number): Script {
    const { n } = this.get(container, kind, id);
    if (given['id'] !== id) throw badRequest(`Replacing the id of a ${kinds[kind].name} is not allowed.`);
    this.#prepare('UPDATE scripts SET body = ?, ts = ?, extra = ? WHERE n = ?').run(
      ...[checkedBody(given['body'], kind), ts, JSON.stringify(checkedTrigger(given, kind)), n],
    );
    return this.get(container, kind, id);
  }

  remove(container: Container, kind: ScriptKind, id: string): void {
    this.#prepare('DELETE FROM scripts WHERE n = ?').run(this.get(container, kind, id).n);
  }

  removeAll({ n }: Container): void {
    this.#prepare('DELETE FROM scripts WHERE container = ?').run(n);
  }
}

const fromRow = (row: Record<string, unknown>): Script => {
  const extra: Json = JSON.parse(String(row['extra']));
  return {
    n: Number(row['n']),
    kind: row['kind'] as ScriptKind,
    id: String(row['id']),
    body: String(row['body']),
    ts: Number(row['ts']),
    trigger: isObject(extra) ? (extra as unknown as Trigger) : undefined,
  };
};

function checkedBody(body: Json | undefined, kind: ScriptKind): string {
  if (typeof body !== 'string' || body.trim() === '')
    throw badRequest(`A ${kinds[kind].name} needs a body: a function.`);
  if (Buffer.byteLength(body) > maximumBody) throw badRequest(`A script may have at most ${maximumBody} bytes.`);
  return body;
}

function checkedTrigger(given: JsonObject, kind: ScriptKind): Trigger | null {
  if (kind !== 'triggers') return null;
  const word = <Word extends string>(name: string, words: readonly Word[]): Word => {
    const found = words.find((one) => one === String(given[name]).toLowerCase());
    if (found === undefined) throw badRequest(`The ${name} of a trigger must be one of ${words.join(', ')}.`);
    return found;
  };
  return {
    triggerType: word('triggerType', ['pre', 'post']),
    triggerOperation: word('triggerOperation', ['all', 'create', 'update', 'replace', 'delete']),
  };
}

export function scriptDocument(container: Container, { n, kind, id, body, ts, trigger }: Script): JsonObject {
  const rid = scriptRid(container.rid, n, kind);
  const etag = createHash('sha1')
    .update(`${n} ${ts} ${body} ${JSON.stringify(trigger)}`)
    .digest('hex')
    .slice(0, 32);
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  return {
    id,
    body,
    ...(trigger && {
      triggerType: capital(trigger.triggerType),
      triggerOperation: capital(trigger.triggerOperation),
    }),
    _rid: rid,
    _self: `dbs/${databaseRid(container.databaseNumber)}/colls/${container.rid}/${kind}/${rid}/`,
    _etag: `"${etag}"`,
    _ts: ts,
  };
}
