import { WardlineError } from '../errors.ts';
import { isRecordedChange } from '../records/index.ts';
import type { RecordsChanged } from './boards.ts';

/** A commit as it came from the topic. @throws WardlineError `malformed-message`: no delivery can ever succeed */
export function readRecordsChanged(body: unknown): RecordsChanged {
  const { id, trust, committedAt, changes } = Object(body) as Record<string, unknown>;
  const whole =
    [id, trust, committedAt].every((text) => typeof text === 'string' && text !== '') &&
    Array.isArray(changes) &&
    changes.every(isRecordedChange);
  if (!whole) throw new WardlineError('malformed-message', 'A message of the topic tells no change of the record.');
  return body as RecordsChanged;
}
