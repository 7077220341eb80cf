import type { Restrictions } from '../access/index.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { HeadContent, Objection } from './documents.ts';

const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const sensitivity = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
/**
 * Information sensitivity (HL7 v3 ActCode, ActInformationSensitivityPolicy): employees and public people; genetics,
 * infections and sexual health, violence and abuse, mental health and addiction.
 */
const sensitive: ReadonlySet<unknown> = new Set(
  'EMP CEL GDIS SICKLE HIV STD SEX SDV VIO DVD SPI TBOO MH PSY PSYTHPN EMOTDIS COGN BH SUD ETH ETHUD OPIOIDUD'.split(
    ' ',
  ),
);

/**
 * What the security labels of a resource ask (http://hl7.org/fhir/R4/security-labels.html): V seals it; R and labels of
 * sensitivity leave it to clinicians. Undefined: nothing.
 */
export function labelsOf({ meta }: FhirResource): Pick<Restrictions, 'sealed' | 'clinicians'> | undefined {
  const labels: unknown = meta?.['security'];
  if (!Array.isArray(labels)) return undefined;
  const has = (system: string, holds: (code: unknown) => boolean): boolean =>
    labels.some((label) => label?.system === system && holds(label.code));
  const sealed = has(confidentiality, (code) => code === 'V');
  const clinicians = has(confidentiality, (code) => code === 'R') || has(sensitivity, (code) => sensitive.has(code));
  if (!sealed && !clinicians) return undefined;
  return { ...(sealed ? { sealed } : {}), ...(clinicians ? { clinicians } : {}) };
}

/** The head after a Patient was written (undefined: deleted), by its labels. The same object when nothing changed. */
export function withLabels(head: HeadContent, patient: FhirResource | undefined): HeadContent {
  const labels = (patient === undefined ? undefined : labelsOf(patient)) ?? {};
  if (labels.sealed === head.sealed && labels.clinicians === head.clinicians) return head;
  const { sealed: _sealed, clinicians: _clinicians, ...rest } = head;
  return { ...rest, ...labels };
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
