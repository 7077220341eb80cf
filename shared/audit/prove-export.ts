import { type ChainEnd, genesis, type Link, monthBefore } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type Breach, proveChain } from './prove-chain.ts';
import { disagreement, proveCheckpoints, type TrustedKey } from './prove-checkpoints.ts';

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

interface Chain {
  begin: string;
  head: ChainEnd | undefined;
  /** Of the last page. */
  more: boolean;
  readonly links: Link[];
}

interface Exported {
  readonly chains: Map<string, Chain>;
  /** By trust. */
  readonly checkpoints: Map<string, Checkpoint[]>;
}

/**
 * Proves what `GET /audit/chains/{month}` and `GET /audit/checkpoints` exported, with nothing but the text: each chain by
 * itself, that each month begins where the month before stood, the checkpoints, and that the chains are what was sealed.
 * @param trusted keys that may have signed checkpoints; undefined: whichever the checkpoints name
 * @throws Error naming the line that is no row of an export
 */
export function proveExport(text: string, trusted?: readonly TrustedKey[]): Proof[] {
  const { chains, checkpoints } = readExport(text);
  const sealed = [...checkpoints].map(([trust, all]) => ({ trust, all, ...proveCheckpoints(all, trusted) }));
  const ofCheckpoints = sealed.map(({ trust, all, breach }): Proof => {
    const proof = { chain: `${trust}|checkpoints`, entries: all.length };
    if (breach !== undefined) return { ...proof, breach };
    return trusted === undefined
      ? { ...proof, note: 'signed with the key that they name; name the one you trust' }
      : proof;
  });
  return [
    ...proveChains(
      chains,
      sealed.flatMap(({ sound }) => sound),
    ),
    ...ofCheckpoints,
  ];
}

function proveChains(chains: ReadonlyMap<string, Chain>, checkpoints: readonly Checkpoint[]): Proof[] {
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
    const hashes = links.map(({ hash }) => hash);
    const breach =
      proveChain(links, begin, head) ??
      cutFromMonthBefore(chains.get(monthBefore(chain)), begin, links) ??
      disagreement(chain, hashes, checkpoints);
    if (breach !== undefined) return { ...proof, breach };
    return begin === genesis || chains.has(monthBefore(chain))
      ? proof
      : { ...proof, note: 'the month before is not in this export' };
  });
}

function readExport(text: string): Exported {
  const chains = new Map<string, Chain>();
  const checkpoints = new Map<string, Checkpoint[]>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const row = parseLine(line);
    if (row === undefined) throw new Error(`Line ${index + 1} is no row of an exported audit chain.`);
    if ('checkpoint' in row) {
      checkpoints.set(row.trust, [...(checkpoints.get(row.trust) ?? []), row]);
      continue;
    }
    const known = chains.get(row.chain) ?? { begin: genesis, head: undefined, more: false, links: [] };
    chains.set(row.chain, known);
    if ('after' in row) Object.assign(known, { begin: row.begin, head: row.head, more: row.more === true });
    else known.links.push(row);
  }
  return { chains, checkpoints };
}

type Row = PageLine | (Link & { chain: string }) | Checkpoint;

function parseLine(line: string): Row | undefined {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { chain, begin, after, seq, prev, hash, entry, ...rest } = Object(row) as Record<string, unknown>;
  if (isCheckpoint(rest)) return row as Checkpoint;
  if (typeof chain !== 'string') return undefined;
  const isPage = typeof begin === 'string' && typeof after === 'number';
  const isLink = typeof seq === 'number' && typeof prev === 'string' && typeof hash === 'string' && isObject(entry);
  return isPage || isLink ? (row as Row) : undefined;
}

const isCheckpoint = ({ checkpoint, trust, chains, key, signature }: Record<string, unknown>): boolean =>
  typeof checkpoint === 'number' &&
  typeof trust === 'string' &&
  typeof signature === 'string' &&
  isObject(key) &&
  Array.isArray(chains);

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** The month before may have grown since; but where this month began it must have stood once. */
function cutFromMonthBefore(before: Chain | undefined, begin: string, links: readonly Link[]): Breach | undefined {
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
