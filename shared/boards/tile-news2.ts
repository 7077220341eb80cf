import type { FhirResource } from '../fhir/index.ts';
import { news2Code, partsExtension } from '../forms/index.ts';

/** The newest NEWS2 as a tile shows it. */
export interface TileNews2 {
  readonly total: number;
  readonly complete: boolean;
  readonly singleParameter: boolean;
  /** FHIR dateTime. */
  readonly observedAt: string;
  readonly trend: 'up' | 'down' | 'same' | 'first';
}

/** What counts: anything that was observed and not withdrawn (http://hl7.org/fhir/R4/valueset-observation-status.html). */
const counts: ReadonlySet<unknown> = new Set(['preliminary', 'final', 'amended', 'corrected']);

interface ObservationLike {
  readonly code?: { readonly coding?: readonly { readonly system?: string; readonly code?: string }[] };
  readonly effectiveDateTime?: string;
  readonly effectiveInstant?: string;
  readonly effectivePeriod?: { readonly start?: string; readonly end?: string };
  readonly valueInteger?: number;
  readonly valueQuantity?: { readonly value?: number };
  readonly extension?: readonly {
    readonly url: string;
    readonly extension?: readonly { readonly url: string; readonly valueBoolean?: boolean }[];
  }[];
}

interface Score extends Omit<TileNews2, 'trend'> {
  readonly id: string;
  readonly recorded: string;
}

/** The newest score of a patient's Observations and how it compares with the one before; undefined: there is none. */
export function tileNews2(observations: readonly FhirResource[]): TileNews2 | undefined {
  const [latest, before] = observations.flatMap((one) => scoreOf(one) ?? []).sort(newestFirst);
  if (latest === undefined) return undefined;
  const { total, complete, singleParameter, observedAt } = latest;
  return { total, complete, singleParameter, observedAt, trend: trendOf(total, before?.total) };
}

function scoreOf(resource: FhirResource): Score | undefined {
  const observation = resource as ObservationLike;
  const isNews2 = observation.code?.coding?.some(
    ({ system, code }) => system === news2Code.system && code === news2Code.code,
  );
  const total = observation.valueInteger ?? observation.valueQuantity?.value;
  const { effectiveDateTime, effectiveInstant, effectivePeriod } = observation;
  const observedAt = effectiveDateTime ?? effectiveInstant ?? effectivePeriod?.end ?? effectivePeriod?.start;
  if (!isNews2 || !counts.has(resource['status']) || total === undefined || observedAt === undefined) return undefined;
  const parts = observation.extension?.find(({ url }) => url === partsExtension)?.extension ?? [];
  const flag = (name: string): boolean => parts.find(({ url }) => url === name)?.valueBoolean ?? false;
  return {
    id: resource.id ?? '',
    recorded: resource.meta?.lastUpdated ?? '',
    total,
    // A score that does not say that it is complete is shown as one that may be higher.
    complete: flag('complete'),
    singleParameter: flag('single-parameter'),
    observedAt,
  };
}

/** By the moment of observation; of one moment the one recorded last corrects the others. */
const newestFirst = (a: Score, b: Score): number =>
  Date.parse(b.observedAt) - Date.parse(a.observedAt) ||
  b.recorded.localeCompare(a.recorded) ||
  b.id.localeCompare(a.id);

function trendOf(total: number, before: number | undefined): TileNews2['trend'] {
  if (before === undefined) return 'first';
  return total > before ? 'up' : total < before ? 'down' : 'same';
}
