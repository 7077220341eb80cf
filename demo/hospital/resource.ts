/** A FHIR resource as the generator makes it. */
export interface Resource {
  readonly resourceType: string;
  readonly id?: string;
  readonly [element: string]: unknown;
}

/** An entry of a transaction that puts a resource under its own id. */
export const put = (resource: Resource): object => ({
  request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
  resource,
});

/** An entry of a transaction that creates a resource; `fullUrl` is what others of the transaction refer to it by. */
export const post = (resource: Resource, fullUrl?: string): object => ({
  ...(fullUrl === undefined ? {} : { fullUrl }),
  request: { method: 'POST', url: resource.resourceType },
  resource,
});

export const transaction = (entry: readonly object[]): Resource => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry,
});

export const coded = (system: string, code: string, display: string): object => ({
  coding: [{ system, code, display }],
  text: display,
});

export const snomed = (code: string, display: string): object => coded('http://snomed.info/sct', code, display);
