import type { Documents } from '../../azure/documents.ts';
import type { Clock, Ids } from '../../context.ts';
import type { Keyring } from '../../keys/index.ts';
import type { ContainerName } from '../../topology.ts';
import { createReader } from '../reader.ts';
import { createSettling } from '../settle.ts';
import { createTransactions } from '../transactions.ts';
import { forgetClaims } from './forget-claims.ts';
import { rotatePatients } from './rotate-patients.ts';
import { rotateShared } from './rotate-shared.ts';
import type { RecordRotation } from './rotation.ts';

/** The record's part in a rotation of keys. @param step called between the steps of a staged write; tests stop here */
export function createRecordRotation({
  documents: open,
  keyring,
  clock,
  ids,
  step,
}: {
  documents: (container: ContainerName) => Documents;
  keyring: Keyring;
  clock: Clock;
  ids: Ids;
  step?: (name: string) => Promise<void> | void;
}): RecordRotation {
  const documents = open('records');
  const transactions = createTransactions(open('transactions'), clock);
  const settling = createSettling({ documents, transactions, clock, step });
  const reader = createReader({ documents, transactions, keyring });
  const deps = {
    ...{ documents, transactions, settling, reader, keyring, clock, ids },
    ...(step === undefined ? {} : { step }),
  };
  return {
    patients: (trust, after) => rotatePatients(deps, trust, after),
    sharedOf: (trust, type) => rotateShared(deps, trust, type),
    forgetClaims: (trust) => forgetClaims(deps, trust),
  };
}
