import { WardlineError } from '../../shared/errors.ts';
import { isResource, operationOutcome } from '../../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import type { FhirApp } from './fhir-app.ts';
import { allGood } from './prefer.ts';
import { fhirJson } from './reply.ts';
import { typeOf } from './scope.ts';

const modes = new Set(['create', 'update', 'profile']);

/**
 * `$validate` (http://hl7.org/fhir/R4/resource-operation-validate.html): the verdict is the answer, so that it is 200
 * also for what is not valid. Nothing is stored.
 */
export async function validateOnly(
  { validateResource }: Pick<FhirApp, 'validateResource'>,
  request: AuthorisedRequest,
): Promise<Reply> {
  const type = typeOf(request);
  const body = await request.json();
  const resource =
    isResource(body) && body.resourceType === 'Parameters' && type !== 'Parameters' ? resourceIn(body) : body;
  let outcome: object;
  try {
    await validateResource(resource, type);
    outcome = allGood('No issues were found.');
  } catch (error) {
    if (!(error instanceof WardlineError)) throw error;
    outcome = operationOutcome(error);
  }
  return { status: 200, contentType: fhirJson, json: outcome, disclosed: { subtype: 'validate', action: 'E' } };
}

/** @throws WardlineError `not-supported` for a profile or a mode that is not checked */
function resourceIn(parameters: { readonly [name: string]: unknown }): unknown {
  const listed: unknown = parameters['parameter'];
  const parts = (Array.isArray(listed) ? listed : []) as readonly Readonly<Record<string, unknown>>[];
  const find = (name: string) => parts.find((part) => part?.['name'] === name);
  const mode = find('mode')?.['valueCode'];
  if (mode !== undefined && !modes.has(String(mode)))
    throw new WardlineError('not-supported', 'The modes are create, update and profile.', { expression: 'mode' });
  if (find('profile') !== undefined)
    throw new WardlineError('not-supported', 'Name profiles in meta.profile of the resource.', {
      expression: 'profile',
    });
  return find('resource')?.['resource'];
}
