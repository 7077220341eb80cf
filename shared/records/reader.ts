import type { Documents } from '../azure/documents.ts';
import type { Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { Keyring, SealKey } from '../keys/index.ts';
import type { Body, Head, HeadBody, Stageable, TransactionDocument } from './documents.ts';
import { headId, locatorId } from './ids.ts';
import { joinHeads } from './merging/join-heads.ts';
import { partitionOf } from './partition.ts';
import type { ResourceRef } from './records.ts';
import { openHead } from './sealing.ts';
import type { Transactions } from './transactions.ts';
import { viewOf } from './view.ts';

/** A document together with what it holds now. */
export interface Viewed {
  readonly document: Stageable;
  readonly body: Body;
}

/** Transactions that stand in documents' `next`, by id; undefined: no longer kept, hence aborted. */
export type Outcomes = ReadonlyMap<string, TransactionDocument | undefined>;

/** Reads documents by the readers' rule: with `next`, its transaction is read after the document. */
export interface Reader {
  /** By one batch of Reads, hence from the primary replica. Undefined: not there, or not yet. */
  together(partition: string, ids: readonly string[]): Promise<{ views: (Viewed | undefined)[]; session: string }>;
  outcomesOf(documents: readonly Stageable[]): Promise<Outcomes>;
  /** The patient that a client's own id was given to. */
  locate(trust: Ods, ref: ResourceRef): Promise<string | undefined>;
  /** With what holds for those whom the patient was merged with. @throws WardlineError `gone` where the record was erased */
  head(trust: Ods, token: string): Promise<Head | undefined>;
  /** The same for a head that was opened: itself unless its patient was merged. */
  join(head: Head): Promise<Head>;
  /** @throws WardlineError `gone` where the record was erased */
  openHead(place: { partition: string; trust: Ods }, body: HeadBody): Promise<{ head: Head; key: SealKey }>;
}

/** Locators never change: this many are remembered. */
const rememberedLocators = 20_000;

export function createReader(deps: { documents: Documents; transactions: Transactions; keyring: Keyring }): Reader {
  const { documents, transactions, keyring } = deps;
  const locators = new Map<string, string>();

  const outcomesOf = async (read: readonly Stageable[]): Promise<Outcomes> => {
    const ids = new Set(read.flatMap(({ next }) => (next === undefined ? [] : [next.transaction])));
    if (ids.size === 0) return new Map();
    return new Map(
      await Promise.all([...ids].map(async (id) => [id, (await transactions.find(id))?.document] as const)),
    );
  };

  const together: Reader['together'] = async (partition, ids) => {
    const read = await documents.readTogether<Stageable>(partition, ids);
    const outcomes = await outcomesOf(read.flatMap((each) => (each === undefined ? [] : [each.document])));
    const views = read.map((each) => {
      if (each === undefined) return undefined;
      const { document } = each;
      const body = viewOf(document, outcomes.get(document.next?.transaction ?? ''));
      return body === undefined ? undefined : { document, body };
    });
    return { views, session: read.find((each) => each !== undefined)?.session ?? '' };
  };

  const open: Reader['openHead'] = async (place, body) => {
    if (body.erased === true) throw new WardlineError('gone', 'The record was erased.');
    const key = await keyring.openPatientKey(place.trust, body.wrappedKey);
    return { head: openHead(key, place, body), key };
  };

  const find = async (trust: Ods, token: string): Promise<Head | undefined> => {
    const partition = partitionOf(trust, { patient: token });
    const body = (await together(partition, [headId])).views[0]?.body;
    return body?.kind === 'head' ? (await open({ partition, trust }, body)).head : undefined;
  };
  const join: Reader['join'] = (head) => joinHeads((token) => find(head.trust, token), head);

  return {
    together,
    outcomesOf,
    openHead: open,
    join,
    async locate(trust, ref) {
      const partition = partitionOf(trust, ref);
      const name = `${partition}|${ref.type}|${ref.id}`;
      const known = locators.get(name);
      if (known !== undefined) return known;
      const body = (await together(partition, [locatorId(ref)])).views[0]?.body;
      if (body?.kind !== 'locator') return undefined;
      if (locators.size >= rememberedLocators) locators.clear();
      locators.set(name, body.of);
      return body.of;
    },
    async head(trust, token) {
      const head = await find(trust, token);
      return head === undefined ? undefined : join(head);
    },
  };
}
