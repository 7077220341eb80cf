import type { AuditEntry } from '../audit/index.ts';
import type { Ods } from '../context.ts';
import type { OutboxEntry, RecordedChange } from './documents.ts';
import type { PlannedChange } from './planned.ts';

/** What came of one attempt. `again`: somebody else wrote first, the plan is out of date. */
export type CommitOutcome =
  | { readonly kind: 'committed'; readonly changes: readonly PlannedChange[]; readonly session: string }
  | {
      readonly kind: 'duplicate';
      readonly entries: readonly Pick<OutboxEntry, 'changes' | 'committedAt'>[];
      readonly session: string;
    }
  | { readonly kind: 'again' };

/** What a commit says of itself, besides its changes. */
export interface CommitFacts {
  readonly trust: Ods;
  readonly traceparent: string;
  /** Missing where nothing is told: the record says the same after it. */
  readonly audit?: AuditEntry;
  /** Fresh for every attempt. */
  readonly ulid: string;
  readonly messageId: string | undefined;
  readonly step?: ((name: string) => Promise<void> | void) | undefined;
}

/** Ids and versions only: this leaves the record. */
export const recordedChange = ({ type, id, versionId, change, patient }: PlannedChange): RecordedChange => ({
  type,
  id,
  versionId,
  change,
  ...(patient === undefined ? {} : { patient }),
});
