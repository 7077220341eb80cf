import type { CareRelation, RelationKind } from '../access/index.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { HeadContent } from './documents.ts';
import type { ResourceRef } from './records.ts';

const day = 24 * 3_600_000;

/** What a resource says of who has to do with its patient. */
interface Cause {
  readonly kind: RelationKind;
  /** Statuses in which it does. */
  readonly statuses: ReadonlySet<unknown>;
  /** Days from its own date until which it does, where it does not say when it ends. */
  readonly usual: number;
  /** Days from the write until which it does at most, whatever it says. */
  readonly most: number;
}

/** 126 days are the 18 weeks from referral to treatment of the NHS Constitution; letters are written after a clinic. */
const causes: Readonly<Record<string, Cause>> = {
  CareTeam: { kind: 'care-team', statuses: new Set(['active']), usual: 90, most: 366 },
  Appointment: {
    kind: 'clinic',
    statuses: new Set(['booked', 'arrived', 'checked-in', 'fulfilled']),
    usual: 30,
    most: 366,
  },
  ServiceRequest: { kind: 'referral', statuses: new Set(['active', 'on-hold']), usual: 126, most: 366 },
  Task: {
    kind: 'task',
    statuses: new Set(['requested', 'received', 'accepted', 'ready', 'in-progress', 'on-hold']),
    usual: 30,
    most: 90,
  },
};

interface Period {
  readonly end?: string;
}
interface ReferenceLike {
  readonly reference?: string;
  readonly identifier?: { readonly system?: string; readonly value?: string };
}
interface ResourceLike {
  readonly status?: string;
  readonly period?: Period;
  readonly participant?: readonly {
    readonly member?: ReferenceLike;
    readonly actor?: ReferenceLike;
    readonly status?: string;
    readonly period?: Period;
  }[];
  readonly managingOrganization?: readonly ReferenceLike[];
  readonly start?: string;
  readonly end?: string;
  readonly authoredOn?: string;
  readonly occurrencePeriod?: Period;
  readonly performer?: readonly ReferenceLike[];
  readonly locationReference?: readonly ReferenceLike[];
  readonly owner?: ReferenceLike;
  readonly location?: ReferenceLike;
  readonly restriction?: { readonly period?: Period };
}

/** One who has to do with the patient, and when that ends by what is said of this one. */
interface Named {
  readonly reference: ReferenceLike | undefined;
  readonly end?: string | undefined;
}

/** Whom a resource names, when it began, and when it says that it ends. */
function named(
  type: string,
  resource: ResourceLike,
): { named: Named[]; began?: string | undefined; end?: string | undefined } {
  switch (type) {
    case 'CareTeam':
      return {
        named: [
          ...(resource.participant ?? []).map(({ member, period }) => ({ reference: member, end: period?.end })),
          ...(resource.managingOrganization ?? []).map((reference) => ({ reference })),
        ],
        end: resource.period?.end,
      };
    case 'Appointment':
      return {
        named: (resource.participant ?? [])
          .filter(({ status }) => status !== 'declined')
          .map(({ actor }) => ({ reference: actor })),
        began: resource.end ?? resource.start,
      };
    case 'ServiceRequest':
      return {
        named: [...(resource.performer ?? []), ...(resource.locationReference ?? [])].map((reference) => ({
          reference,
        })),
        began: resource.authoredOn,
        end: resource.occurrencePeriod?.end,
      };
    default:
      return {
        named: [resource.owner, resource.location].map((reference) => ({ reference })),
        began: resource.authoredOn,
        end: resource.restriction?.period?.end,
      };
  }
}

const directory = /^https:\/\/wardline\.nhs\.uk\/(directory|team)\/([A-Za-z0-9]{3,10})$/;
const odsSystem = 'https://fhir.nhs.uk/Id/ods-organization-code';
const kinds = { directory: 'person', team: 'team' } as const;

/** Who a reference names: a person or team of a trust's directory, a trust by its ODS code, or a place; undefined: nobody known. */
function partyOf({ reference, identifier }: ReferenceLike): string | undefined {
  const { system, value } = identifier ?? {};
  if (value !== undefined && system === odsSystem) return `trust|${value}`;
  const [, kind, ods] = directory.exec(system ?? '') ?? [];
  if (value !== undefined && ods !== undefined) return `${kinds[kind as keyof typeof kinds]}|${ods}|${value}`;
  const place = /^Location\/([A-Za-z0-9\-.]{1,64})$/.exec(reference ?? '')?.[1];
  return place === undefined ? undefined : `place|${place}`;
}

/** More would make each decision slow; the ones that end last stay. */
const relationsAtMost = 200;

/**
 * The head after a CareTeam, Appointment, ServiceRequest or Task was written (undefined: deleted): whom it makes have to do with the
 * patient, and until when. Others' that ran out are forgotten. The same object when nothing changed.
 */
export function withCareRelations(
  head: HeadContent,
  { type, id }: ResourceRef,
  resource: FhirResource | undefined,
  now: Date,
): HeadContent {
  const cause = causes[type];
  if (cause === undefined) return head;
  const name = `${type}/${id}`;
  const before = head.relations ?? [];
  const made = resource === undefined ? [] : relationsOf(name, cause, type, resource as ResourceLike, now);
  const own = before.filter((one) => one.cause === name);
  if (JSON.stringify(own) === JSON.stringify(made)) return head;
  const others = before.filter((one) => one.cause !== name && Date.parse(one.until) > now.getTime());
  const { relations: _, ...rest } = head;
  const all = [...others, ...made].sort((a, b) => b.until.localeCompare(a.until)).slice(0, relationsAtMost);
  return all.length === 0 ? rest : { ...rest, relations: all };
}

function relationsOf(
  name: string,
  { kind, statuses, usual, most }: Cause,
  type: string,
  resource: ResourceLike,
  now: Date,
): CareRelation[] {
  if (!statuses.has(resource.status)) return [];
  const { named: all, began, end } = named(type, resource);
  const latest = now.getTime() + most * day;
  // A whole day is meant where no time is said.
  const moment = (text: string | undefined): number | undefined => {
    const parsed = Date.parse(text ?? '');
    if (Number.isNaN(parsed)) return undefined;
    return text?.includes('T') ? parsed : parsed + day;
  };
  const usualEnd = (moment(began) ?? startOfDay(now)) + usual * day;
  return all.flatMap(({ reference, end: ownEnd }) => {
    const party = reference === undefined ? undefined : partyOf(reference);
    if (party === undefined) return [];
    const ends = [moment(ownEnd), moment(end)].filter((one) => one !== undefined);
    const until = Math.min(latest, ...(ends.length === 0 ? [usualEnd] : ends));
    return until <= now.getTime() ? [] : [{ cause: name, kind, party, until: new Date(until).toISOString() }];
  });
}

/** So that two writes of a day make the same of it. */
const startOfDay = (now: Date): number => now.getTime() - (now.getTime() % day);
