import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** What was received and is durable, but belongs to nothing yet. */
export interface Received {
  readonly length: number;
  readonly md5: Buffer;
  readonly bytes?: Uint8Array;
  readonly file?: string;
}

/** Bytes that a row of the database takes; what is longer becomes a file. */
const longestInRow = 128 * 1024;
const chunk = 256 * 1024;

/**
 * The bytes of blobs: short ones in the database, where they share its commit, others in files of their own that are
 * flushed before anything names them. What nothing names any more is removed, but not while somebody reads it.
 */
export class Contents {
  readonly #folder: string;
  readonly #readers = new Map<number, number>();
  readonly #unwanted = new Set<number>();
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #delete: StatementSync;
  readonly #change: (work: () => string[]) => Promise<string[]>;

  /** @param change runs work in a transaction; resolves when it is durable. */
  constructor(folder: string, db: DatabaseSync, change: (work: () => string[]) => Promise<string[]>) {
    this.#folder = folder;
    this.#change = change;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#insert = db.prepare('INSERT INTO contents (bytes, file) VALUES (?, ?)');
    this.#select = db.prepare('SELECT bytes, file FROM contents WHERE id = ?');
    this.#delete = db.prepare('DELETE FROM contents WHERE id = ? RETURNING file');
    // Left behind by a kill: contents that a reader held, and files that were never named.
    db.exec(
      'DELETE FROM contents WHERE id NOT IN (SELECT content FROM segments UNION SELECT content FROM staged_blocks)',
    );
    const named = new Set(
      db
        .prepare('SELECT file FROM contents WHERE file IS NOT NULL')
        .all()
        .map((row) => row['file']),
    );
    for (const file of readdirSync(folder)) if (!named.has(file)) rmSync(join(folder, file));
  }

  /** Takes a body in. Whoever calls gives it to {@link keep} or to {@link discard}. */
  async receive(body: AsyncIterable<Buffer>, length: number): Promise<Received> {
    const hash = createHash('md5');
    if (length <= longestInRow) {
      const chunks: Buffer[] = [];
      for await (const part of body) {
        hash.update(part);
        chunks.push(part);
      }
      const bytes = Buffer.concat(chunks);
      return { length: bytes.length, md5: hash.digest(), bytes };
    }
    const file = randomUUID();
    let received = 0;
    let handle: FileHandle | undefined;
    try {
      handle = await open(join(this.#folder, file), 'wx', 0o600);
      for await (const part of body) {
        hash.update(part);
        received += part.length;
        await handle.writeFile(part);
      }
      await handle.sync();
      await handle.close();
      this.#syncFolder();
      return { length: received, md5: hash.digest(), file };
    } catch (error) {
      await handle?.close().catch(() => undefined);
      await rm(join(this.#folder, file), { force: true });
      throw error;
    }
  }

  /** Names what was received, inside a transaction. @returns its number. */
  keep({ bytes, file }: Received): number {
    return Number(this.#insert.run(bytes ?? null, file ?? null).lastInsertRowid);
  }

  /** Forgets what was received for nothing. */
  async discard({ file }: Received): Promise<void> {
    if (file !== undefined) await rm(join(this.#folder, file), { force: true });
  }

  /** Removes contents that nothing names any more, inside a transaction. @returns files to {@link unlink} after it. */
  remove(ids: Iterable<number>): string[] {
    const files: string[] = [];
    for (const id of ids) {
      if (this.#readers.has(id)) {
        this.#unwanted.add(id);
        continue;
      }
      const file = this.#delete.get(id)?.['file'];
      if (typeof file === 'string') files.push(file);
    }
    return files;
  }

  unlink(files: readonly string[]): void {
    for (const file of files) rmSync(join(this.#folder, file), { force: true });
  }

  /** From here on, until the answer is called, contents stay although something else may take their place. */
  hold(ids: readonly number[]): () => void {
    for (const id of ids) this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1);
    return () => {
      for (const id of ids) {
        const left = (this.#readers.get(id) ?? 1) - 1;
        if (left > 0) this.#readers.set(id, left);
        else {
          this.#readers.delete(id);
          if (this.#unwanted.delete(id)) this.#removeLater(id);
        }
      }
    };
  }

  /** A failure leaves what the next start removes. */
  #removeLater(id: number): void {
    this.#change(() => this.remove([id])).then(
      (files) => this.unlink(files),
      () => undefined,
    );
  }

  /** Bytes `from` to `to` (exclusive) of one content. */
  async *read(id: number, from: number, to: number): AsyncGenerator<Uint8Array> {
    const { bytes, file } = this.#select.get(id) ?? {};
    if (bytes instanceof Uint8Array) {
      yield bytes.subarray(from, to);
      return;
    }
    if (typeof file !== 'string') throw new Error(`Content ${id} is not there.`);
    const handle = await open(join(this.#folder, file), 'r');
    try {
      for (let at = from; at < to; ) {
        const { bytesRead, buffer } = await handle.read({
          buffer: Buffer.allocUnsafe(Math.min(chunk, to - at)),
          position: at,
        });
        if (bytesRead === 0) throw new Error(`Content ${id} ends too early.`);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  /** A new name is durable when its folder is; Windows cannot open a folder, and needs it less. */
  #syncFolder(): void {
    if (process.platform === 'win32') return;
    const folder = openSync(this.#folder, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
}
