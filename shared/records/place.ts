import type { Ids, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { compartmentElement, type FhirResource, patientReferenceOf } from '../fhir/index.ts';
import { compartmentId, idFromMessage, isFhirId, isToken, patientIdOf, patientInId } from './ids.ts';
import { partitionOf } from './partition.ts';
import type { Reader } from './reader.ts';
import type { Change, ResourceRef } from './records.ts';

/** A wanted change with its final id and the partition that it belongs to. */
export interface Target {
  readonly change: Change;
  readonly ref: ResourceRef;
  readonly partition: string;
  /** Token of the patient whose compartment it is in. */
  readonly patient?: string;
  /** The commit makes the patient under a token that nobody had before. */
  readonly newPatient: boolean;
  /** The client chose an id that does not tell the compartment: a locator will. */
  readonly newLocator: boolean;
}

/** Patients that the same commit makes or may make: tokens by id, and the tokens that are new for certain. */
interface PatientsOfCommit {
  readonly tokens: Map<string, string>;
  readonly fresh: Set<string>;
}

interface Dependencies {
  readonly reader: Reader;
  readonly ids: Ids;
}

/**
 * Gives every change its id and its partition. Patients come first, so that resources of the same commit find them.
 * @throws WardlineError `business-rule` when a resource names no patient of the trust or would change its compartment
 */
export async function placeChanges(
  deps: Dependencies,
  trust: Ods,
  changes: readonly Change[],
  messageId: string | undefined,
): Promise<Target[]> {
  const patients: PatientsOfCommit = { tokens: new Map(), fresh: new Set() };
  const targets = new Map<number, Target>();
  const ordered = [...changes.entries()].sort(([, a], [, b]) => Number(isPatient(b)) - Number(isPatient(a)));
  for (const [index, change] of ordered) {
    const fixed = messageId === undefined ? undefined : idFromMessage(messageId, index);
    targets.set(
      index,
      isPatient(change)
        ? await placePatient(deps, trust, change, patients, fixed)
        : await placeOther(deps, trust, change, patients, fixed ?? deps.ids.ulid()),
    );
  }
  const placed = changes.map((_, index) => targets.get(index)).filter((each) => each !== undefined);
  refuseTwice(placed);
  return placed;
}

const typeOf = (change: Change): string => (change.kind === 'create' ? change.resource.resourceType : change.type);
const isPatient = (change: Change): boolean => typeOf(change) === 'Patient';
/** Whether an id chosen elsewhere may lie in a patient's compartment. */
export const isCompartmentType = (type: string): boolean =>
  type === 'Patient' || Object.hasOwn(compartmentElement, type);

async function placePatient(
  { reader, ids }: Dependencies,
  trust: Ods,
  change: Change,
  patients: PatientsOfCommit,
  fixed: string | undefined,
): Promise<Target> {
  const id = change.id ?? fixed?.slice(0, 12).toLowerCase() ?? ids.token();
  checkId(id);
  const creates = change.kind === 'create' || (change.kind === 'update' && change.allowCreate === true);
  const known = isToken(id) ? id : await reader.locate(trust, { type: 'Patient', id });
  if (known === undefined && !creates) throw new WardlineError('not-found', 'There is no such resource.');
  const token = known ?? ids.token();
  const newPatient = known === undefined || (change.kind === 'create' && fixed === undefined);
  if (creates) patients.tokens.set(id, token);
  if (newPatient) patients.fresh.add(token);
  return {
    change,
    ref: { type: 'Patient', id },
    partition: partitionOf(trust, { patient: token }),
    patient: token,
    newPatient,
    newLocator: known === undefined,
  };
}

async function placeOther(
  { reader }: Dependencies,
  trust: Ods,
  change: Change,
  patients: PatientsOfCommit,
  made: string,
): Promise<Target> {
  const type = typeOf(change);
  const resource = change.kind === 'delete' ? undefined : change.resource;
  const named = resource === undefined ? undefined : await patientNamedBy(reader, trust, resource, patients);
  if (change.kind === 'create' && change.id === undefined) {
    const id = named === undefined ? made : compartmentId(named, made);
    return target(trust, change, { type, id }, named, patients, false);
  }
  const ref = { type, id: change.id ?? '' };
  checkId(ref.id);
  const standsIn = patientInId(ref) ?? (isCompartmentType(type) ? await reader.locate(trust, ref) : undefined);
  if (resource === undefined) return target(trust, change, ref, standsIn, patients, false);
  const creates = change.kind === 'create' || (change.kind === 'update' && change.allowCreate === true);
  if (standsIn === named) return target(trust, change, ref, named, patients, false);
  if (standsIn === undefined && creates) return target(trust, change, ref, named, patients, true);
  throw new WardlineError(
    'business-rule',
    'A resource stays with its patient: mark this one entered-in-error and create another.',
    { expression: `${type}.${compartmentElement[type] ?? 'subject'}` },
  );
}

function target(
  trust: Ods,
  change: Change,
  ref: ResourceRef,
  patient: string | undefined,
  patients: PatientsOfCommit,
  newLocator: boolean,
): Target {
  const partition = partitionOf(trust, patient === undefined ? ref : { patient });
  const newPatient = patient !== undefined && patients.fresh.has(patient);
  return { change, ref, partition, ...(patient === undefined ? {} : { patient }), newPatient, newLocator };
}

/** The token of the patient that a resource names; undefined: it names none of this server. */
async function patientNamedBy(
  reader: Reader,
  trust: Ods,
  resource: FhirResource,
  patients: PatientsOfCommit,
): Promise<string | undefined> {
  const reference = patientReferenceOf(resource);
  // Fails closed: a resource about somebody's patient must not end outside every compartment.
  if (reference === undefined) return patientOfContext(reader, trust, resource);
  const id = patientIdOf(reference);
  const token =
    id === undefined
      ? undefined
      : (patients.tokens.get(id) ?? (isToken(id) ? id : await reader.locate(trust, { type: 'Patient', id })));
  if (token === undefined) throw unknownPatient(resource.resourceType);
  return token;
}

/**
 * The patient of a Binary that is read under the rules of another resource (http://hl7.org/fhir/R4/binary.html): whose
 * that one is. Undefined: nobody's as far as is known here; then it is for systems alone.
 * @throws WardlineError `business-rule` where the context is no resource of this server
 */
async function patientOfContext(reader: Reader, trust: Ods, resource: FhirResource): Promise<string | undefined> {
  if (resource.resourceType !== 'Binary' || resource['securityContext'] === undefined) return undefined;
  const context: unknown = Reflect.get(Object(resource['securityContext']), 'reference');
  const [, type, id = ''] = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})$/.exec(String(context)) ?? [];
  if (type === undefined)
    throw new WardlineError('business-rule', 'The security context is no resource of this server: name the Patient.', {
      expression: 'Binary.securityContext',
    });
  if (!isCompartmentType(type)) return undefined;
  return patientInId({ type, id }) ?? reader.locate(trust, { type, id });
}

/** @returns the error for a resource that names a patient whom the trust does not have */
export const unknownPatient = (type: string): WardlineError =>
  new WardlineError('business-rule', 'The resource names a Patient that this trust does not have.', {
    expression: `${type}.${compartmentElement[type] ?? 'subject'}`,
  });

function checkId(id: string): void {
  if (!isFhirId(id))
    throw new WardlineError('invalid-parameter', 'An id is 1 to 64 of A-Z a-z 0-9 - .', { expression: 'id' });
}

function refuseTwice(targets: readonly Target[]): void {
  const seen = new Set<string>();
  for (const { ref } of targets) {
    const name = `${ref.type}/${ref.id}`;
    if (seen.has(name)) {
      throw new WardlineError('business-rule', 'One resource is changed twice in one transaction.', {
        expression: ref.type,
      });
    }
    seen.add(name);
  }
}
