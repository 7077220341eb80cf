import type { Blobs } from '../../azure/blobs.ts';
import type { Documents } from '../../azure/documents.ts';
import type { Clock, Ids } from '../../context.ts';
import type { Keyring } from '../../keys/index.ts';
import type { ContainerName } from '../../topology.ts';
import { createReader } from '../reader.ts';
import { createSettling } from '../settle.ts';
import { createTransactions } from '../transactions.ts';
import { destroyKey } from './destroy-key.ts';
import { eraseAttachments } from './erase-attachments.ts';
import type { RecordErasure } from './erasure.ts';
import { approveErasure, closeErasure, findErasure, requestErasure } from './requests.ts';
import { sweepErased } from './sweep.ts';

/** The record's part in the erasure of a patient. */
export function createRecordErasure({
  documents: open,
  keyring,
  blobs,
  clock,
  ids,
}: {
  documents: (container: ContainerName) => Documents;
  keyring: Keyring;
  blobs: Pick<Blobs, 'remove'>;
  clock: Clock;
  ids: Ids;
}): RecordErasure {
  const documents = open('records');
  const transactions = createTransactions(open('transactions'), clock);
  const settling = createSettling({ documents, transactions, clock });
  const reader = createReader({ documents, transactions, keyring });
  const deps = { documents, settling, reader, blobs, clock, ids };
  return {
    request: (actor, patient, why) => requestErasure(deps, actor, patient, why),
    approve: (actor, id) => approveErasure(deps, actor, id),
    find: (trust, id) => findErasure(documents, trust, id),
    eraseAttachments: (trust, token) => eraseAttachments(deps, trust, token),
    destroyKey: (trust, token, traceparent) => destroyKey(deps, trust, token, traceparent),
    sweep: (trust, token) => sweepErased(documents, trust, token),
    close: (trust, id) => closeErasure(deps, trust, id),
  };
}
