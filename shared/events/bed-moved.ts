import type { Ods } from '../context.ts';

/** Another system says that an encounter's patient is in a bed since a moment. Ids only. */
export interface BedMoved {
  /** Of the event. */
  readonly id: string;
  readonly trust: Ods;
  readonly encounter: string;
  /** Id of the bed's Location. */
  readonly bed: string;
  /** RFC 3339, UTC. */
  readonly occurredAt: string;
  /** Orders movements of one moment. */
  readonly sequence: number;
}

const fhirId = /^[A-Za-z0-9\-.]{1,64}$/;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Reads what came in. @returns what is wrong with it, in words that repeat none of it */
export function readBedMoved(id: unknown, data: unknown): BedMoved | string {
  if (typeof id !== 'string' || id === '' || id.length > 256) return 'id must be a text of at most 256 characters';
  if (typeof data !== 'object' || data === null) return 'data must be an object';
  const { trust, encounter, bed, occurredAt, sequence } = data as Record<string, unknown>;
  if (typeof trust !== 'string' || !/^[A-Z0-9]{3,5}$/.test(trust)) return 'data.trust must be an ODS code';
  if (typeof encounter !== 'string' || !fhirId.test(encounter)) return 'data.encounter must be an id';
  if (typeof bed !== 'string' || !fhirId.test(bed)) return 'data.bed must be an id';
  if (typeof occurredAt !== 'string' || !instant.test(occurredAt) || Number.isNaN(Date.parse(occurredAt)))
    return 'data.occurredAt must be a date and time with seconds and zone';
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence)) return 'data.sequence must be a whole number';
  return { id, trust, encounter, bed, occurredAt: new Date(occurredAt).toISOString(), sequence };
}
