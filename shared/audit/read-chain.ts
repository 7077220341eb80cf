import type { Documents } from '../azure/documents.ts';
import type { Ods } from '../context.ts';
import { type ChainEnd, genesis, type Link, shards } from './chain.ts';
import type { HeadDocument, LinkDocument } from './documents.ts';

/** A stretch of a chain, with what a proof needs to know of the rest. */
export interface ChainPage {
  readonly chain: string;
  /** What the chain begins from. */
  readonly begin: string;
  /** Where it ended when the page was read; undefined: there is no such chain. */
  readonly head: ChainEnd | undefined;
  /** Number of the link before the first one here. */
  readonly after: number;
  /** Further links up to the head are left to the next page. */
  readonly more: boolean;
  readonly links: readonly Link[];
}

/** Links a page. */
export const pageSize = 5_000;

/** Names of a month's chains. */
export const chainsOf = (trust: Ods, month: string): string[] =>
  Array.from({ length: shards }, (_, shard) => `${trust}|${month}|${shard}`);

/**
 * Reads a stretch of a chain. The head comes first, from the primary replica; its session makes sure that no row up to
 * it is missing, and rows that come later are left to the next reading.
 */
export async function readChain(audit: Documents, chain: string, after: number): Promise<ChainPage> {
  const [head] = await audit.readTogether<HeadDocument>(chain, ['head']);
  const { items, more } = await audit.query<LinkDocument>(
    `SELECT c.seq, c.prev, c.hash, c.entry FROM c WHERE c.kind = 'entry' AND c.seq > @after AND c.seq <= @until ORDER BY c.seq`,
    { after, until: head?.document.seq ?? Number.MAX_SAFE_INTEGER },
    { partition: chain, limit: pageSize, ...(head === undefined ? {} : { session: head.session }) },
  );
  return {
    chain,
    begin: head?.document.begin ?? genesis,
    head: head && { seq: head.document.seq, hash: head.document.hash },
    after,
    more,
    links: items.map(({ seq, prev, hash, entry }) => ({ seq, prev, hash, entry })),
  };
}

/** Pages as newline-delimited JSON: of each page a line that says what it is, then its rows. */
export const toNdjson = (pages: readonly ChainPage[]): string =>
  pages
    .flatMap(({ links, ...page }) => [page, ...links.map((link) => ({ chain: page.chain, ...link }))])
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
