import { type ChainEnd, genesis, type Link, monthBefore } from './chain.ts';
import { type Breach, proveChain } from './prove-chain.ts';

/** What came of proving one chain. */
export interface Proof {
  readonly chain: string;
  readonly entries: number;
  readonly breach?: Breach;
  /** Why the proof says less than it could. */
  readonly note?: string;
}

interface PageLine {
  readonly chain: string;
  readonly begin: string;
  readonly head?: ChainEnd;
  readonly after: number;
  readonly more?: boolean;
}

interface Exported {
  begin: string;
  head: ChainEnd | undefined;
  /** Of the last page. */
  more: boolean;
  readonly links: Link[];
}

/**
 * Proves what `GET /audit/chains/{month}` exported, with nothing but the text: each chain by itself, and that each month
 * begins where the month before stood.
 * @throws Error naming the line that is no row of an export
 */
export function proveExport(text: string): Proof[] {
  const chains = readExport(text);
  return [...chains].map(([chain, { begin, head, more, links }]) => {
    const last = links.at(-1);
    const next = (last?.seq ?? 0) + 1;
    const proof = { chain, entries: links.length };
    const missing = (what: string): Proof => ({
      ...proof,
      breach: { seq: next, id: last?.entry.id ?? '', kind: 'removed', what },
    });
    if (head === undefined && links.length > 0) return missing('the head of the chain was removed');
    if (more) return missing(`the export is not complete: ask for the rest with ?shard=…&after=${next - 1}`);
    const breach = proveChain(links, begin, head) ?? cutFromMonthBefore(chains.get(monthBefore(chain)), begin, links);
    if (breach !== undefined) return { ...proof, breach };
    return begin === genesis || chains.has(monthBefore(chain))
      ? proof
      : { ...proof, note: 'the month before is not in this export' };
  });
}

function readExport(text: string): Map<string, Exported> {
  const chains = new Map<string, Exported>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const row = parseLine(line);
    if (row === undefined) throw new Error(`Line ${index + 1} is no row of an exported audit chain.`);
    const known = chains.get(row.chain) ?? { begin: genesis, head: undefined, more: false, links: [] };
    chains.set(row.chain, known);
    if ('after' in row) Object.assign(known, { begin: row.begin, head: row.head, more: row.more === true });
    else known.links.push(row);
  }
  return chains;
}

function parseLine(line: string): PageLine | (Link & { chain: string }) | undefined {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { chain, begin, after, seq, prev, hash, entry } = Object(row) as Record<string, unknown>;
  if (typeof chain !== 'string') return undefined;
  const isPage = typeof begin === 'string' && typeof after === 'number';
  const isLink = typeof seq === 'number' && typeof prev === 'string' && typeof hash === 'string' && isObject(entry);
  return isPage || isLink ? (row as PageLine | (Link & { chain: string })) : undefined;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** The month before may have grown since; but where this month began it must have stood once. */
function cutFromMonthBefore(before: Exported | undefined, begin: string, links: readonly Link[]): Breach | undefined {
  const [first] = links;
  if (before === undefined || begin === genesis || first === undefined) return undefined;
  if (before.links.some(({ hash }) => hash === begin)) return undefined;
  return {
    seq: 1,
    id: first.entry.id,
    kind: 'removed',
    what: 'the month before holds no row that this one begins from; rows there were removed or changed',
  };
}
