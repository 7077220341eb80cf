import { WardlineError } from '../errors.ts';
import { assignId } from './assign-id.ts';
import { readContent } from './binary-content.ts';
import { commit } from './commit.ts';
import { everything } from './everything.ts';
import { history } from './history.ts';
import { historyOf } from './history-of.ts';
import { isToken } from './ids.ts';
import { mergePatients, unmergePatient } from './merging/merge-patients.ts';
import { leaveAuditEntry } from './outbox.ts';
import { present } from './present.ts';
import { read, vread } from './read.ts';
import { createReader } from './reader.ts';
import type { Records, RecordsDependencies } from './records.ts';
import { included } from './search/includes.ts';
import { search } from './search/search.ts';
import { createSettling } from './settle.ts';
import { sweepContents } from './sweep-contents.ts';
import { timeline } from './timeline.ts';
import { createTransactions } from './transactions.ts';
import { createWards } from './wards.ts';

/** Transactions that one run of the sweep settles at most. */
const sweptTogether = 100;

/** The record of all trusts of this deployment. */
export function createRecords({
  documents: open,
  keyring,
  access,
  blobs,
  clock,
  ids,
  step,
}: RecordsDependencies): Records {
  const documents = open('records');
  const transactions = createTransactions(open('transactions'), clock);
  const settling = createSettling({ documents, transactions, clock, step });
  const reader = createReader({ documents, transactions, keyring });
  const wards = createWards({ reader, keyring, clock });
  const deps = {
    documents,
    transactions,
    settling,
    reader,
    wards,
    keyring,
    access,
    blobs,
    clock,
    ids,
    ...(step ? { step } : {}),
  };
  return {
    head: (trust, token) => reader.head(trust, token),
    patientToken: async (trust, id) => (isToken(id) ? id : reader.locate(trust, { type: 'Patient', id })),
    read: (call, trust, ref, options) => read(deps, call, trust, ref, options),
    vread: (call, trust, ref, version) => vread(deps, call, trust, ref, version),
    content: async ({ content }) => (content === undefined ? undefined : readContent(deps, content)),
    history: (call, trust, ref) => history(deps, call, trust, ref),
    historyOf: (call, trust, query) => historyOf(deps, call, trust, query),
    search: (call, trust, query) => search(deps, call, trust, query),
    included: (call, trust, page, query) => included(deps, call, trust, page, query),
    everything: (call, trust, patientId, query) => everything(deps, call, trust, patientId, query),
    timeline: (call, trust, patientId, query) => timeline(deps, call, trust, patientId, query),
    assignId: (_trust, resource, resolve) => assignId(ids, resource, resolve),
    commit: (call, trust, changes, audit, options) => commit(deps, call, trust, changes, audit, options),
    merge: (call, trust, patients) => mergePatients(deps, call, trust, patients),
    unmerge: (call, trust, source) => unmergePatient(deps, call, trust, source),
    present: (trust, token, wanted, atLeast = []) => present(deps, trust, token, wanted, atLeast),
    leaveInOutbox: (trust, token, entry) => leaveAuditEntry(documents, trust, token, entry),
    async patientKey(trust, token) {
      const head = await reader.head(trust, token);
      if (head === undefined) throw new WardlineError('not-found', 'There is no such patient.');
      return keyring.openPatientKey(trust, head.wrappedKey);
    },
    async promote(transactionId) {
      await settling.settle(transactionId);
    },
    async sweep() {
      const unsettled = await transactions.unsettled(sweptTogether);
      for (const id of unsettled) await settling.settle(id);
      return unsettled.length;
    },
    sweepContents: () => sweepContents(deps),
  };
}
