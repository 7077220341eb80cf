import type { FhirResource } from '../fhir/index.ts';
import type { HeadContent, Objection } from './documents.ts';

const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const sensitivity = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
/** Information sensitivity of employees and of celebrities (HL7 v3 ActCode). */
const protectedPeople: ReadonlySet<unknown> = new Set(['EMP', 'CEL']);

/**
 * The head after a Patient was written, by its security labels (http://hl7.org/fhir/R4/security-labels.html): V seals the
 * record; R, EMP and CEL leave it to clinicians. The same object when nothing changed.
 */
export function withLabels(head: HeadContent, patient: FhirResource | undefined): HeadContent {
  const labels: unknown = patient?.meta?.['security'];
  const has = (system: string, code: (code: unknown) => boolean): boolean =>
    Array.isArray(labels) && labels.some((label) => label?.system === system && code(label.code));
  const sealed = has(confidentiality, (code) => code === 'V');
  const clinicians =
    has(confidentiality, (code) => code === 'R') || has(sensitivity, (code) => protectedPeople.has(code));
  if (sealed === (head.sealed === true) && clinicians === (head.clinicians === true)) return head;
  const { sealed: _sealed, clinicians: _clinicians, ...rest } = head;
  return { ...rest, ...(sealed ? { sealed } : {}), ...(clinicians ? { clinicians } : {}) };
}

interface ConsentLike {
  readonly status?: string;
  readonly scope?: { readonly coding?: readonly { readonly code?: string }[] };
  readonly provision?: {
    readonly type?: string;
    readonly actor?: readonly { readonly reference?: { readonly identifier?: { readonly value?: string } } }[];
  };
}

/**
 * The head after a Consent was written (undefined: deleted): an active one about privacy that denies names people whom
 * the patient objects to, by their id in the directory. The same object when nothing changed.
 */
export function withObjections(head: HeadContent, id: string, consent: FhirResource | undefined): HeadContent {
  const { status, scope, provision } = (consent ?? {}) as ConsentLike;
  const denies =
    status === 'active' &&
    provision?.type === 'deny' &&
    scope?.coding?.some(({ code }) => code === 'patient-privacy') === true;
  const agents = denies ? (provision.actor ?? []).flatMap(({ reference }) => reference?.identifier?.value ?? []) : [];
  const before = head.objections ?? [];
  const others = before.filter(({ consent: cause }) => cause !== id);
  if (agents.length === 0 && others.length === before.length) return head;
  const objections: Objection[] = [...others, ...agents.map((agent) => ({ consent: id, agent }))];
  const { objections: _, ...rest } = head;
  return objections.length === 0 ? rest : { ...rest, objections };
}
