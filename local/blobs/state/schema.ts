import type { Lease } from '../lease.ts';

/** Containers and blobs with their properties as JSON; where the bytes lie; blocks that no list has named yet. */
export const schema = `
CREATE TABLE IF NOT EXISTS containers (name TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blobs (container TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (container, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segments (container TEXT NOT NULL, blob TEXT NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, content INTEGER NOT NULL, block TEXT, PRIMARY KEY (container, blob, start)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS segments_content ON segments (content);
CREATE TABLE IF NOT EXISTS staged_blocks (container TEXT NOT NULL, blob TEXT NOT NULL, block TEXT NOT NULL, length INTEGER NOT NULL, content INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (container, blob, block)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS staged_blocks_content ON staged_blocks (content);
CREATE TABLE IF NOT EXISTS contents (id INTEGER PRIMARY KEY AUTOINCREMENT, bytes BLOB, file TEXT);
`;

export interface ContainerState {
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lease?: Lease | undefined;
  readonly accessPolicies: readonly AccessPolicy[];
}

/** A stored access policy, which shared access signatures may name. */
export interface AccessPolicy {
  readonly id: string;
  readonly start?: string | undefined;
  readonly expiry?: string | undefined;
  readonly permission?: string | undefined;
}

/** Headers that a blob is given and shows again. */
export interface ContentHeaders {
  readonly type?: string | undefined;
  readonly encoding?: string | undefined;
  readonly language?: string | undefined;
  readonly disposition?: string | undefined;
  readonly cacheControl?: string | undefined;
  /** Base64. */
  readonly md5?: string | undefined;
}

export interface BlobState {
  readonly kind: 'BlockBlob' | 'AppendBlob';
  readonly etag: string;
  readonly created: number;
  readonly modified: number;
  readonly length: number;
  readonly content: ContentHeaders;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly tier?: { readonly name: string; readonly changed: number } | undefined;
  readonly lease?: Lease | undefined;
  readonly policy?: { readonly until: number; readonly locked: boolean } | undefined;
  readonly legalHold?: boolean | undefined;
  /** Of an append blob: blocks so far, and whether it takes no more. */
  readonly appended: number;
  readonly sealed?: boolean | undefined;
}

/** A stretch of a blob's bytes. */
export interface Segment {
  readonly start: number;
  readonly length: number;
  readonly content: number;
  /** Base64; null where the blob was not made of blocks. */
  readonly block: string | null;
}

export interface StagedBlock {
  readonly block: string;
  readonly length: number;
  readonly content: number;
}
