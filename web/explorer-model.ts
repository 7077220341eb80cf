/** What the explorer reads of `/openapi.json`. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
}
interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
}
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** A template such as `/boards/{ward}`. */
  readonly path: string;
  readonly summary: string;
  readonly whoMay: string;
  readonly parameters: readonly Parameter[];
  /** Media type of the body; undefined: there is none. */
  readonly body?: string;
}

const fhirPath: Parameter = {
  name: 'path',
  in: 'path',
  required: true,
  description: 'Behind /fhir/, such as Encounter?_count=2 or metadata',
};

/** FHIR describes itself: here it is a path of one's own. */
const fhir: readonly Operation[] = ['GET', 'POST', 'PUT', 'DELETE'].map((method) => ({
  id: `fhir-${method}`,
  method,
  path: '/fhir/{path}',
  summary: 'FHIR R4',
  whoMay: 'What a role may do with which type is in GET /fhir/metadata and GET /access/explain.',
  parameters: [fhirPath],
  ...(method === 'POST' || method === 'PUT' ? { body: 'application/fhir+json' } : {}),
}));

/** The operations of a description, in its order, and FHIR's. */
export function operationsIn(document: {
  paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}): Operation[] {
  const own = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]): Operation => {
      const [body] = Object.keys(described.requestBody?.content ?? {});
      return {
        ...{ id: described.operationId, method: method.toUpperCase(), path, summary: described.summary },
        ...{ whoMay: described.description, parameters: described.parameters ?? [] },
        ...(body === undefined ? {} : { body }),
      };
    }),
  );
  return [...own, ...fhir];
}

/** The request that an operation is with these values; empty ones are left out. */
export function requestOf(
  { method, path, parameters, body, id }: Operation,
  values: ReadonlyMap<string, string>,
  text: string,
): { path: string; init: RequestInit } {
  const given = (where: Parameter['in']) =>
    parameters.flatMap((one): [string, string][] => {
      const value = values.get(one.name) ?? '';
      return one.in === where && value !== '' ? [[one.name, value]] : [];
    });
  // A path of FHIR's own holds slashes and a query.
  const encode = id.startsWith('fhir-') ? (value: string) => value : encodeURIComponent;
  const filled = given('path').reduce((so, [name, value]) => so.replace(`{${name}}`, encode(value)), path);
  const query = new URLSearchParams(given('query'));
  const headers = { ...Object.fromEntries(given('header')), ...(body === undefined ? {} : { 'content-type': body }) };
  return {
    path: `${filled}${query.size === 0 ? '' : `?${query}`}`,
    init: { method, headers, ...(body === undefined ? {} : { body: text }) },
  };
}
