import type { RecordedChange } from './documents.ts';

const needed = ['type', 'id', 'versionId', 'change'] as const satisfies readonly (keyof RecordedChange)[];

/** Whether something that came from a store or a queue names one change of the record. */
export const isRecordedChange = (value: unknown): value is RecordedChange =>
  typeof value === 'object' && value !== null && needed.every((name) => isText(Reflect.get(value, name)));

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
