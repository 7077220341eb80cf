import type { FhirResource } from '../fhir/index.ts';
import type { CurrentBody, RecordedChange } from './documents.ts';
import type { Content } from './sealing.ts';
import type { Write } from './write.ts';

/** One change as it will stand in the record. */
export interface PlannedChange extends RecordedChange {
  readonly partition: string;
  /** Epoch milliseconds. */
  readonly lastUpdated: number;
  /** lastUpdated of the version before. */
  readonly lastUpdatedBefore: number | undefined;
  readonly resource?: FhirResource;
}

/** Everything that a commit writes, but for outbox entries. */
export interface Plan {
  readonly writes: readonly Write[];
  readonly changes: readonly PlannedChange[];
}

/** What one change writes, and the Patient before it. */
export interface ChangePlan {
  readonly change: PlannedChange;
  readonly writes: readonly Write[];
  readonly contentBefore: Content | undefined;
  readonly after: CurrentBody;
}
