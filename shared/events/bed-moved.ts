import type { Ods } from '../context.ts';

/** Another system says that a patient's encounter is in a bed since a moment. Ids only. */
export interface BedMoved {
  readonly id: string;
  readonly trust: Ods;
  readonly encounter: string;
  readonly bed: string;
  /** RFC 3339. */
  readonly occurredAt: string;
  readonly sequence: number;
}

/** Reads what came in. @returns what is wrong with it, as text. */
export function readBedMoved(id: unknown, data: unknown): BedMoved | string {
  if (typeof data !== 'object' || data === null) return 'data must be an object';
  const { trust, encounter, bed, occurredAt, sequence } = data as Record<string, unknown>;
  for (const [name, value] of Object.entries({ id, trust, encounter, bed, occurredAt }))
    if (typeof value !== 'string' || value === '') return `data.${name} must be a text`;
  if (!/^[A-Za-z0-9.-]{1,64}$/.test(String(encounter)) || !/^[A-Za-z0-9.-]{1,64}$/.test(String(bed)))
    return 'data.encounter and data.bed must be ids';
  if (!/^[A-Z0-9]{3,5}$/.test(String(trust))) return 'data.trust must be an ODS code';
  if (Number.isNaN(Date.parse(String(occurredAt)))) return 'data.occurredAt must be a date and time';
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence)) return 'data.sequence must be a whole number';
  return {
    id: String(id),
    trust: String(trust),
    encounter: String(encounter),
    bed: String(bed),
    occurredAt: new Date(String(occurredAt)).toISOString(),
    sequence,
  };
}

interface EncounterLocation {
  readonly location: { readonly reference?: string };
  readonly status?: string;
  readonly period?: { readonly start?: string; readonly end?: string };
  readonly extension?: readonly { readonly url: string; readonly valueString?: string }[];
}

/** Marks the location with the event that it came from, so that a second delivery is recognised. */
const sourceExtension = 'https://wardline.nhs.uk/StructureDefinition/moved-by';

/**
 * The encounter's locations after a move: the bed becomes the active one, or, when the move is older than the present
 * location's start, only history. Undefined: the move was there already.
 */
export function locationsAfter(
  locations: readonly EncounterLocation[],
  { bed, occurredAt, sequence }: BedMoved,
): EncounterLocation[] | undefined {
  const mark = `${occurredAt}|${sequence}|${bed}`;
  if (
    locations.some(({ extension = [] }) =>
      extension.some(({ url, valueString }) => url === sourceExtension && valueString === mark),
    )
  )
    return undefined;
  const moved: EncounterLocation = {
    extension: [{ url: sourceExtension, valueString: mark }],
    location: { reference: `Location/${bed}` },
    status: 'active',
    period: { start: occurredAt },
  };
  const present = locations.find(({ status }) => status === 'active');
  const presentSince =
    present?.period?.start === undefined ? Number.NEGATIVE_INFINITY : Date.parse(present.period.start);
  const presentSequence = Number(
    present?.extension?.find(({ url }) => url === sourceExtension)?.valueString?.split('|')[1] ??
      Number.NEGATIVE_INFINITY,
  );
  const at = Date.parse(occurredAt);
  if (present !== undefined && (at < presentSince || (at === presentSince && sequence <= presentSequence))) {
    return [...locations, { ...moved, status: 'completed', period: { start: occurredAt, end: occurredAt } }];
  }
  return [
    ...locations.map((one) =>
      one === present ? { ...one, status: 'completed', period: { ...one.period, end: occurredAt } } : one,
    ),
    moved,
  ];
}
