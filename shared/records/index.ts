export { AlreadyCreated } from './create-claim.ts';
export { createRecords } from './create-records.ts';
export { relationOf } from './decide.ts';
export type { Head, OutboxEntry, Placement, RecordedChange } from './documents.ts';
export { emergencyReview } from './emergency.ts';
export { createRecordErasure } from './erasure/create-record-erasure.ts';
export { type ErasureReason, type ErasureRequest, erasureReasons, type RecordErasure } from './erasure/erasure.ts';
export { idFromMessage } from './ids.ts';
export { isRecordedChange } from './is-recorded-change.ts';
export { spo2ScaleOrder } from './placements.ts';
export type {
  AuditFacts,
  Change,
  CommitOptions,
  Committed,
  EverythingPage,
  EverythingQuery,
  History,
  HistoryQuery,
  Match,
  Present,
  Read,
  Records,
  RecordsDependencies,
  ResourceRef,
  SearchResult,
  StoredResource,
  TimelineEntry,
  TimelinePage,
  TimelineQuery,
} from './records.ts';
export { labelsOf } from './restrictions.ts';
export { createRecordRotation } from './rotation/create-record-rotation.ts';
export type { RecordRotation, Rotated, RotatedPatients } from './rotation/rotation.ts';
