import type { EmergencyAccess } from '../access/index.ts';
import type { Actor } from '../context.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { HeadContent } from './documents.ts';

/** The privacy officer's Task to look at emergency access that somebody opened. */
export const emergencyReview = { system: 'https://wardline.nhs.uk/task', code: 'emergency-access-review' } as const;

interface TaskLike {
  readonly code?: { readonly coding?: readonly { readonly system?: string; readonly code?: string }[] };
  readonly restriction?: { readonly period?: { readonly end?: string } };
}

/**
 * The head after a Task was written by a request that opens emergency access: it is open for that person until the end of
 * the Task's period. What ran out is forgotten.
 */
export function withEmergency(head: HeadContent, task: FhirResource, { id }: Actor, now: Date): HeadContent {
  const { code, restriction } = task as TaskLike;
  const until = restriction?.period?.end;
  const isReview = code?.coding?.some(
    (one) => one.system === emergencyReview.system && one.code === emergencyReview.code,
  );
  if (!isReview || until === undefined) return head;
  const open = (head.emergencies ?? []).filter((one: EmergencyAccess) => Date.parse(one.until) > now.getTime());
  return { ...head, emergencies: [...open, { agent: id, until }] };
}
