import { rolePolicies } from '../../shared/access/index.ts';
import { errorCodes } from '../../shared/errors.ts';
import type { Route } from '../../shared/http.ts';
import { type Answer, type Description, descriptions } from './descriptions.ts';
import { list, object, oneOf, type Schema, text, whole } from './schema.ts';

/** What the description needs of a route. */
export type DescribedRoute = Pick<Route, 'name' | 'method' | 'route' | 'policy' | 'errors'>;

/** Pages and what belongs to them are for people; FHIR's routes describe themselves. */
export const isDescribed = ({ name, errors }: DescribedRoute): boolean =>
  errors === 'problem' && !/Page$/.test(name) && name !== 'asset';

/** RFC 9457. */
const problem = object({
  type: text,
  title: oneOf(...Object.keys(errorCodes)),
  status: whole,
  detail: text,
  errors: list(object({ code: oneOf(...Object.keys(errorCodes)), detail: text, 'expression?': text })),
});
const problemReference = { $ref: '#/components/schemas/Problem' };

/** OpenAPI 3.1 of every route that is not FHIR's, from the route table and what stands beside each. */
export function openApi(routes: readonly DescribedRoute[], origin: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes.filter(isDescribed)) {
    const path = `/${route.route}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, descriptions[route.name]) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Wardline',
      version: '1',
      description: 'What is not FHIR. The FHIR R4 API describes itself: GET /fhir/metadata.',
    },
    servers: [{ url: origin }],
    paths,
    components: {
      schemas: { Problem: problem },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function operationOf({ name, route, policy }: DescribedRoute, described: Description | undefined): object {
  if (described === undefined) throw new Error(`Nothing describes the route ${name}.`);
  const { summary, query = {}, headers = {}, body, answers } = described;
  const names = [...route.matchAll(/\{(\w+)\}/g)].map(([, parameter = '']) => parameter);
  const parameter = (where: string, required: boolean) => (parameterName: string, description?: string) => ({
    name: parameterName,
    in: where,
    required,
    schema: text,
    ...(description === undefined ? {} : { description }),
  });
  const parameters = [
    ...names.map((one) => parameter('path', true)(one)),
    ...Object.entries(query).map(([one, says]) => parameter('query', false)(one, says)),
    ...Object.entries(headers).map(([one, says]) => parameter('header', false)(one, says)),
  ];
  const bodies = (contentType: string, schema: Schema | undefined): object => ({
    content: { [contentType]: schema === undefined ? {} : { schema } },
  });
  const answerOf = ({ says, contentType, schema }: Answer): object => ({
    description: says,
    ...(contentType === undefined ? {} : bodies(contentType, schema)),
  });
  return {
    operationId: name,
    summary,
    description: whoMay(policy),
    security: policy === 'public' ? [] : [{ bearer: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, ...bodies(body.contentType, body.schema) } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, one]) => [status, answerOf(one)])),
      default: {
        description: 'What is wrong, and what to change.',
        content: { 'application/problem+json': { schema: problemReference } },
      },
    },
  };
}

function whoMay(policy: Route['policy']): string {
  if (policy === 'public') return 'Anybody.';
  const allowed = Object.entries(rolePolicies).flatMap(([role, policies]) => (policies.includes(policy) ? [role] : []));
  return `Policy ${policy}: ${allowed.join(', ')}. Team, relationship and restrictions decide besides.`;
}
