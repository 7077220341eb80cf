import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { GroupCommit, openDatabase, prepareOnce } from '../../sqlite.ts';
import { Contents } from './contents.ts';
import { type BlobState, type ContainerState, type Segment, type StagedBlock, schema } from './schema.ts';

/** A row of a list, in the order of names. */
export interface Named<State> {
  readonly name: string;
  readonly state: State;
}

/** Blocks that no list has named are kept for so long (https://learn.microsoft.com/rest/api/storageservices/put-block#remarks). */
const stagedFor = 7 * 24 * 3600_000;

/** Everything that the account holds. Reads answer at once; changes are made inside {@link change}. */
export class BlobStore {
  readonly contents: Contents;
  readonly #db: DatabaseSync;
  readonly #commit: GroupCommit;
  readonly #sql: (text: string) => StatementSync;

  constructor(folder: string, now: number) {
    this.#db = openDatabase(join(folder, 'blobs.db'), schema);
    this.#sql = prepareOnce(this.#db);
    this.#commit = new GroupCommit(this.#db);
    this.#sql('DELETE FROM staged_blocks WHERE at < ?').run(now - stagedFor);
    this.contents = new Contents(join(folder, 'contents'), this.#db, (work) => this.#commit.run(work));
  }

  /** Runs `work` in a transaction; resolves when it is durable. `drop` takes contents that the work leaves without a name. */
  async change<T>(work: (drop: (ids: Iterable<number>) => void) => T): Promise<T> {
    const files: string[] = [];
    const result = await this.#commit.run(() => work((ids) => files.push(...this.contents.remove(ids))));
    this.contents.unlink(files);
    return result;
  }

  container(name: string): ContainerState | undefined {
    return parsed<ContainerState>(this.#sql('SELECT state FROM containers WHERE name = ?').get(name));
  }

  /** From the name on. */
  containers(from: string, limit: number): Named<ContainerState>[] {
    return this.#named('SELECT name, state FROM containers WHERE name >= ? ORDER BY name LIMIT ?', from, limit);
  }

  saveContainer(name: string, state: ContainerState): void {
    this.#sql('INSERT OR REPLACE INTO containers VALUES (?, ?)').run(name, JSON.stringify(state));
  }

  /** With everything in it. @returns contents that have no name any more. */
  removeContainer(name: string): number[] {
    const left = this.#sql(
      'SELECT content FROM segments WHERE container = ? UNION SELECT content FROM staged_blocks WHERE container = ?',
    )
      .all(name, name)
      .map((row) => Number(row['content']));
    for (const table of ['segments', 'staged_blocks', 'blobs'])
      this.#sql(`DELETE FROM ${table} WHERE container = ?`).run(name);
    this.#sql('DELETE FROM containers WHERE name = ?').run(name);
    return left;
  }

  hasBlobs(container: string): boolean {
    return this.#sql('SELECT 1 FROM blobs WHERE container = ? LIMIT 1').get(container) !== undefined;
  }

  blob(container: string, name: string): BlobState | undefined {
    return parsed<BlobState>(
      this.#sql('SELECT state FROM blobs WHERE container = ? AND name = ?').get(container, name),
    );
  }

  /** From the name on. */
  blobs(container: string, from: string, limit: number): Named<BlobState>[] {
    return this.#named(
      'SELECT name, state FROM blobs WHERE container = ? AND name >= ? ORDER BY name LIMIT ?',
      container,
      from,
      limit,
    );
  }

  /** Names, from a name on, of blobs that have blocks and have never been committed. */
  uncommitted(container: string, from: string, limit: number): string[] {
    return this.#sql(
      'SELECT DISTINCT blob FROM staged_blocks s WHERE container = ? AND blob >= ? AND NOT EXISTS (SELECT 1 FROM blobs b WHERE b.container = s.container AND b.name = s.blob) ORDER BY blob LIMIT ?',
    )
      .all(container, from, limit)
      .map((row) => String(row['blob']));
  }

  saveBlob(container: string, name: string, state: BlobState): void {
    this.#sql('INSERT OR REPLACE INTO blobs VALUES (?, ?, ?)').run(container, name, JSON.stringify(state));
  }

  /** With its bytes and blocks. @returns contents that have no name any more. */
  removeBlob(container: string, name: string): number[] {
    this.#sql('DELETE FROM blobs WHERE container = ? AND name = ?').run(container, name);
    return this.replaceSegments(container, name, []);
  }

  /** The bytes of a blob, in place of all that it had; blocks that wait go too. @returns contents that have no name any more. */
  replaceSegments(container: string, blob: string, segments: readonly Segment[]): number[] {
    const before = [...this.segments(container, blob), ...this.staged(container, blob)].map(({ content }) => content);
    for (const table of ['segments', 'staged_blocks'])
      this.#sql(`DELETE FROM ${table} WHERE container = ? AND blob = ?`).run(container, blob);
    for (const segment of segments) this.addSegment(container, blob, segment);
    const kept = new Set(segments.map(({ content }) => content));
    return [...new Set(before)].filter((content) => !kept.has(content));
  }

  addSegment(container: string, blob: string, { start, length, content, block }: Segment): void {
    this.#sql('INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?)').run(container, blob, start, length, content, block);
  }

  /** The stretches of a blob that hold the bytes `from` to `to` (exclusive). */
  segments(container: string, blob: string, from = 0, to = Number.MAX_SAFE_INTEGER): Segment[] {
    return this.#sql(
      'SELECT start, length, content, block FROM segments WHERE container = ? AND blob = ? AND start + length > ? AND start < ? ORDER BY start',
    ).all(container, blob, from, to) as unknown as Segment[];
  }

  /** @returns the content of the block of that name that it takes the place of. */
  stageBlock(container: string, blob: string, { block, length, content }: StagedBlock, now: number): number[] {
    const before = this.#sql('SELECT content FROM staged_blocks WHERE container = ? AND blob = ? AND block = ?').get(
      container,
      blob,
      block,
    );
    this.#sql('INSERT OR REPLACE INTO staged_blocks VALUES (?, ?, ?, ?, ?, ?)').run(
      container,
      blob,
      block,
      length,
      content,
      now,
    );
    return before === undefined ? [] : [Number(before['content'])];
  }

  /** Blocks that no list has named yet. */
  staged(container: string, blob: string): StagedBlock[] {
    return this.#sql(
      'SELECT block, length, content FROM staged_blocks WHERE container = ? AND blob = ? ORDER BY block',
    ).all(container, blob) as unknown as StagedBlock[];
  }

  /** One block that waits, as a sample, and how many there are. */
  stagedCount(container: string, blob: string): { readonly count: number; readonly sample: string | undefined } {
    const row = this.#sql(
      'SELECT count(*) AS count, min(block) AS sample FROM staged_blocks WHERE container = ? AND blob = ?',
    ).get(container, blob);
    const sample = row?.['sample'];
    return { count: Number(row?.['count']), sample: typeof sample === 'string' ? sample : undefined };
  }

  close(): void {
    this.#db.close();
  }

  #named<State>(text: string, ...values: SQLInputValue[]): Named<State>[] {
    return this.#sql(text)
      .all(...values)
      .map((row) => ({ name: String(row['name']), state: JSON.parse(String(row['state'])) as State }));
  }
}

const parsed = <State>(row: Record<string, unknown> | undefined): State | undefined =>
  row === undefined ? undefined : (JSON.parse(String(row['state'])) as State);
