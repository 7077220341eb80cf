import { type ChainEnd, type Link, linkOf } from './chain.ts';

/** What is wrong with the first row of a chain that somebody touched. */
export interface Breach {
  readonly seq: number;
  /** The entry's id; where a row was removed, that of the entry beside the gap. */
  readonly id: string;
  readonly kind: 'edited' | 'removed' | 'added' | 'moved';
  readonly what: string;
}

/**
 * Proves a chain.
 * @param links in the order in which they were kept
 * @param begin what the first link must follow
 * @param head where the chain ends; undefined: nobody knows
 * @returns the first row that was edited, removed, added or moved; undefined: the chain is whole
 */
export function proveChain(links: readonly Link[], begin: string, head: ChainEnd | undefined): Breach | undefined {
  const isVouchedFor = witnesses(links, head);
  const inOrder = new Set(links.map(({ seq }) => seq));
  const seen = new Set<number>();
  let prev = begin;
  for (const [index, link] of links.entries()) {
    const { seq } = link;
    const expected = index + 1;
    const found = (kind: Breach['kind'], what: string, at = seq): Breach => ({
      seq: at,
      id: link.entry.id,
      kind,
      what,
    });
    if (!isItself(link)) return found('edited', 'the row was edited');
    if (seen.has(seq)) return found('added', 'the row was added beside another one of its number');
    if (seq !== expected)
      return inOrder.has(expected)
        ? found('moved', `the row was moved: number ${expected} comes after it`)
        : found('removed', `the row was removed; number ${seq} comes after it`, expected);
    if (link.prev !== prev)
      return index === 0
        ? found('removed', 'the chain does not begin where it should; rows before this one were removed or changed')
        : found('added', 'the row was added: it does not follow the one before it');
    if (!isVouchedFor(link)) {
      const twin = links.some((other) => other !== link && other.seq === seq);
      if (twin) return found('added', 'the row was added beside another one of its number');
      const next = links[index + 1];
      if (next === undefined && head !== undefined && head.seq > seq)
        return found('removed', `rows from ${expected + 1} to ${head.seq} were removed`, expected + 1);
      if (next === undefined && (head?.seq ?? 0) < seq) return found('added', 'the row was added behind the end');
      const nextIsEdited = next !== undefined && !isItself(next);
      if (next === undefined || (inOrder.has(expected + 1) && !nextIsEdited))
        return found('edited', 'the row was edited and given a new hash; what follows it names another');
    }
    seen.add(seq);
    prev = link.hash;
  }
  if (head !== undefined && links.length === 0 && head.seq > 0)
    return { seq: 1, id: '', kind: 'removed', what: `rows from 1 to ${head.seq} were removed` };
  return undefined;
}

/** Whether a row's hash is that of its content. */
const isItself = ({ seq, prev, hash, entry }: Link): boolean => linkOf(seq, prev, entry).hash === hash;

/**
 * A row is vouched for by the head, or by a row that names its hash. Where two rows have one number, only the one that
 * leads to the head counts: a forger can write a row that names a forged one.
 */
function witnesses(links: readonly Link[], head: ChainEnd | undefined): (link: Link) => boolean {
  const byHash = new Map(links.map((link) => [link.hash, link]));
  const leadsToHead = new Set<string>();
  for (let link = byHash.get(head?.hash ?? ''); link !== undefined && !leadsToHead.has(link.hash); ) {
    leadsToHead.add(link.hash);
    link = byHash.get(link.prev);
  }
  const provenNumbers = new Set([...leadsToHead].map((hash) => byHash.get(hash)?.seq));
  const named = new Set(links.map(({ prev }) => prev));
  return ({ hash, seq }) => leadsToHead.has(hash) || (named.has(hash) && !provenNumbers.has(seq));
}
