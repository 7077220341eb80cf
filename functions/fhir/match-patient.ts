import { WardlineError } from '../../shared/errors.ts';
import {
  type FhirResource,
  gradeOf,
  isResource,
  type MatchGrade,
  outwardOf,
  type Person,
  parseSearch,
  personIn,
  validateResource,
} from '../../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import type { Match } from '../../shared/records/index.ts';
import { entitiesOf } from './disclosed.ts';
import type { FhirApp } from './fhir-app.ts';
import { bundleReply } from './reply.ts';
import { scopeOf } from './scope.ts';

const gradeExtension = 'http://hl7.org/fhir/StructureDefinition/match-grade';
const usualCount = 20;
const mostAtOnce = 100;
const order: readonly MatchGrade[] = ['certain', 'probable', 'possible'];

interface Graded {
  readonly score: number;
  readonly grade: MatchGrade;
}
const likeliestFirst = (a: Graded, b: Graded): number =>
  order.indexOf(a.grade) - order.indexOf(b.grade) || b.score - a.score;

interface Asked {
  readonly person: Person;
  readonly onlyCertain: boolean;
  readonly count: number;
}

/**
 * `Patient/$match` (http://hl7.org/fhir/R4/patient-operation-match.html): who of the trust's patients it may be, the
 * likeliest first, as far as the caller may see them. Candidates come by the hashed look-ups; what is read is compared.
 */
export async function matchPatients(
  use: Pick<FhirApp, 'records' | 'clock' | 'config'>,
  request: AuthorisedRequest,
): Promise<Reply> {
  const scope = scopeOf(request, use.config.publicOrigin);
  const { person, onlyCertain, count } = await askedIn(request);
  const candidates = new Map<string, Match>();
  const patients = new Set<string>();
  let session = request.call.session ?? '';
  for (const criteria of searchesFor(person)) {
    const query = parseSearch('Patient', criteria, { now: use.clock.now() });
    const found = await use.records.search(request.call, scope.trust, query);
    session = found.session;
    for (const token of found.patients) patients.add(token);
    for (const match of found.matches) {
      const id = String(match.resource.id);
      const foundAs = [...(candidates.get(id)?.foundAs ?? []), ...(match.foundAs ?? [])];
      candidates.set(id, { ...match, foundAs });
    }
  }
  const graded = [...candidates.values()].flatMap((match) => {
    // Who was registered twice is as like as the one of both who is more like.
    const grades = [match.resource, ...(match.foundAs ?? [])].flatMap((resource) => {
      const { score, grade } = gradeOf(person, personIn(resource));
      return grade === undefined ? [] : [{ match, score, grade }];
    });
    return grades.sort(likeliestFirst).slice(0, 1);
  });
  const ranked = graded.sort(likeliestFirst);
  const certain = ranked.filter(({ grade }) => grade === 'certain');
  // Several that are certain are none: somebody has to look.
  const wanted = onlyCertain ? (certain.length === 1 ? certain : []) : ranked;
  const shown = wanted.slice(0, count);
  const entry = shown.map(({ match: { resource }, score, grade }) => ({
    fullUrl: `${scope.base}/Patient/${resource.id}`,
    resource,
    search: { extension: [{ url: gradeExtension, valueCode: grade }], mode: 'match', score },
  }));
  const entities = entitiesOf(shown.map(({ match }) => match));
  return bundleReply(
    'searchset',
    session,
    { total: wanted.length, entry },
    { disclosed: { subtype: 'match', action: 'E', patients: [...patients], entities } },
  );
}

/** @throws WardlineError `invalid-body`, `invalid-resource`, `business-rule` where too little is said of the person */
async function askedIn(request: AuthorisedRequest): Promise<Asked> {
  const body = await request.json();
  const parts = isResource(body) && body.resourceType === 'Parameters' ? body['parameter'] : undefined;
  const listed = (Array.isArray(parts) ? parts : []) as readonly Readonly<Record<string, unknown>>[];
  const part = (name: string) => listed.find((one) => one?.['name'] === name);
  const given = part('resource')?.['resource'];
  if (given === undefined) throw invalid('Send Parameters with a parameter resource that holds a Patient.', 'resource');
  const onlyCertain = part('onlyCertainMatches')?.['valueBoolean'] ?? false;
  if (typeof onlyCertain !== 'boolean') throw invalid('onlyCertainMatches has a valueBoolean.', 'onlyCertainMatches');
  const count = part('count')?.['valueInteger'] ?? usualCount;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > mostAtOnce)
    throw invalid(`count has a valueInteger from 1 to ${mostAtOnce}.`, 'count');
  const person = personIn((await validateResource(given, 'Patient')) as FhirResource);
  if (searchesFor(person).length === 0)
    throw new WardlineError(
      'business-rule',
      'Say more of the person: an NHS number, or two of family name, birth date and postcode, or both names.',
      { expression: 'Parameters.parameter[resource]' },
    );
  return { person, onlyCertain, count };
}

const invalid = (detail: string, name: string): WardlineError =>
  new WardlineError('invalid-body', detail, { expression: `Parameters.parameter[${name}]` });

/** Searches one of which finds whoever could be graded: each is narrow enough for a trust of a million. */
function searchesFor({ nhsNumbers, families, givens, birthDate, postcodes }: Person): URLSearchParams[] {
  const born: [string, string][] = birthDate === undefined ? [] : [['birthdate', birthDate]];
  const living = postcodes.map((code): [string, string] => ['address-postalcode', outwardOf(code)]);
  const calledBy = (name: 'family' | 'given', values: readonly string[]) =>
    values.map((value): [string, string] => [name, value.replaceAll(/[\\,$|]/g, '\\$&')]);
  const pairs = (some: readonly [string, string][], others: readonly [string, string][]) =>
    some.flatMap((one) => others.map((other) => new URLSearchParams([one, other])));
  const family = calledBy('family', families);
  const given = calledBy('given', givens);
  const narrow = [
    ...nhsNumbers.map((value) => new URLSearchParams({ identifier: `https://fhir.nhs.uk/Id/nhs-number|${value}` })),
    ...pairs(family, born),
    ...pairs(given, born),
    ...pairs(living, born),
    ...pairs(family, living),
  ];
  // Names alone are the least that can be asked, and in a large trust may be too much.
  return narrow.length > 0 ? narrow : pairs(family, given);
}
