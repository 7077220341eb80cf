import type { Documents, Stored } from '../azure/documents.ts';
import type { Clock } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { TransactionDocument } from './documents.ts';

/** Milliseconds that a staged commit may take before anybody may abort it. */
export const transactionTime = 8000;

/** Documents of settled transactions are kept this long (seconds): whoever still holds an older reading finds them. */
const keepSettled = 2 * 24 * 60 * 60;

/** A transaction that was seen open. */
export type Open = Pick<Stored<TransactionDocument>, 'document' | 'etag'>;

export type Decision = Pick<TransactionDocument, 'state' | 'committedAt' | 'audit' | 'session'>;

/** Container `transactions`: where one replace decides a commit over several partitions. */
export interface Transactions {
  /** Undefined: a transaction with this id exists. */
  begin(transaction: TransactionDocument): Promise<Open | undefined>;
  /** From the primary replica, so that an answer is never older than the documents read before. */
  find(id: string): Promise<Stored<TransactionDocument> | undefined>;
  /** Turns open into committed or aborted; undefined: somebody decided otherwise, or it is gone. */
  decide(open: Open, facts: Decision): Promise<TransactionDocument | undefined>;
  /** Says that nothing is left to do. */
  close(id: string): Promise<void>;
  /** Ids of transactions past their deadline, and of decided ones that nobody finished. */
  unsettled(limit: number): Promise<string[]>;
}

export function createTransactions(documents: Documents, clock: Clock): Transactions {
  const find = async (id: string): Promise<Stored<TransactionDocument> | undefined> =>
    (await documents.readTogether<TransactionDocument>(id, [id]))[0];
  return {
    find,
    async begin(document) {
      const outcome = await documents.batch(document.id, [{ op: 'create', document }]);
      if (outcome.ok) return { document, etag: outcome.etags[0] ?? '' };
      if (outcome.status === 409) return undefined;
      throw new WardlineError('unavailable', 'A transaction cannot begin.', { retryAfter: 1 });
    },
    async decide(open, facts) {
      const { id } = open.document;
      const decided: TransactionDocument = { ...open.document, ...facts };
      try {
        const outcome = await documents.batch(id, [{ op: 'replace', id, document: decided, ifMatch: open.etag }]);
        if (outcome.ok) return decided;
      } catch (error) {
        // The answer was lost, perhaps not the decision: what stands there tells.
        const now = await find(id);
        if (now === undefined || now.document.state === 'open') throw error;
      }
      const stands = (await find(id))?.document;
      return stands?.state === facts.state && stands.committedAt === facts.committedAt ? stands : undefined;
    },
    async close(id) {
      await documents.batch(id, [
        {
          op: 'patch',
          id,
          operations: [
            { op: 'set', path: '/settled', value: true },
            { op: 'set', path: '/ttl', value: keepSettled },
          ],
        },
      ]);
    },
    async unsettled(limit) {
      // A decided transaction keeps its deadline; those of the last moments are still with their coordinator.
      const { items } = await documents.query<string>(
        'SELECT VALUE c.id FROM c WHERE c.deadline < @now AND (NOT IS_DEFINED(c.settled) OR c.settled = false)',
        { now: clock.now().getTime() },
        { limit },
      );
      return items;
    },
  };
}
