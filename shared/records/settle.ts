import { setTimeout as sleep } from 'node:timers/promises';
import type { Documents } from '../azure/documents.ts';
import type { Clock } from '../context.ts';
import { clean, cleanAll, promoteAll } from './promote.ts';
import type { Transactions } from './transactions.ts';

/** Finishes staged transactions, whoever began them. */
export interface Settling {
  /**
   * Promotes a committed transaction, cleans up an aborted one, aborts an open one past its deadline.
   * @returns false: it is open and in time, its coordinator may still commit it
   */
  settle(id: string): Promise<boolean>;
  /** For writers: settles what stands in a document's `next`, waiting for its coordinator until the deadline. */
  settleMet(met: { partition: string; id: string; transaction: string }): Promise<void>;
}

/** Milliseconds between two looks at a transaction that its coordinator is about to finish. */
const waits = [5, 10, 20, 40, 80, 160];

export function createSettling(deps: {
  documents: Documents;
  transactions: Transactions;
  clock: Clock;
  step?: ((name: string) => Promise<void> | void) | undefined;
}): Settling {
  const { transactions, clock } = deps;

  const settle = async (id: string): Promise<boolean> => {
    const found = await transactions.find(id);
    if (found === undefined) return true;
    let transaction = found.document;
    if (transaction.state === 'open') {
      if (clock.now().getTime() < transaction.deadline) return false;
      const aborted = await transactions.decide(found, { state: 'aborted' });
      if (aborted === undefined) return settle(id);
      transaction = aborted;
    }
    if (transaction.settled) return true;
    if (transaction.state === 'committed') await promoteAll(deps, transaction);
    else await cleanAll(deps, transaction);
    await transactions.close(id);
    return true;
  };

  return {
    settle,
    async settleMet({ partition, id, transaction }) {
      for (let round = 0; !(await settle(transaction)); round++) {
        await sleep(waits[Math.min(round, waits.length - 1)]);
      }
      // Staged by a coordinator that was slower than its own abortion, or whose transaction is no longer kept.
      const stands = (await transactions.find(transaction))?.document.state;
      if (stands !== 'committed') await clean(deps.documents, transaction, { partition, ids: [id] });
    },
  };
}
