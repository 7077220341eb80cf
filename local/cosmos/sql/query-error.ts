import { CosmosError } from '../errors.ts';
import type { Location } from './ast.ts';

/**
 * A query that the service refuses: 400, and a message that holds its list of errors as JSON
 * (`{"errors":[{"severity":"Error","location":{"start":7,"end":8},"code":"SC2001","message":"…"}]}`).
 */
export class QueryError extends CosmosError {
  constructor(code: QueryErrorCode, message: string, location?: Location) {
    const error = { severity: 'Error', ...(location === undefined ? {} : { location }), code, message };
    super(400, `Message: ${JSON.stringify({ errors: [error] })}`);
  }
}

/**
 * SC1001, SC2001, SC2202, SC2204 and SC2206 were seen in answers of the service, the other SC2xxx are from general
 * knowledge; SC9xxx are this server's own.
 */
export type QueryErrorCode = keyof typeof codes;

const codes = {
  /** Syntax. */
  SC1001: true,
  /** A name that nothing introduces. */
  SC2001: true,
  /** `SELECT *` over several inputs, or none. */
  SC2003: true,
  /** A function that does not exist. */
  SC2005: true,
  /** Not contained in an aggregate or in GROUP BY. */
  SC2102: true,
  /** ORDER BY in a subquery. */
  SC2202: true,
  /** TOP in a subquery. */
  SC2203: true,
  /** OFFSET LIMIT in a subquery. */
  SC2204: true,
  /** ORDER BY something that is no path. */
  SC2206: true,
  /** Wrong number of arguments. */
  SC2050: true,
  /** Real in the service, not supported by this server. */
  SC9001: true,
  /** A limit of the language is exceeded. */
  SC9002: true,
  /** A construct that means nothing, such as an aggregate in WHERE. */
  SC9003: true,
} as const;

export const notSupported = (what: string, location?: Location): QueryError =>
  new QueryError('SC9001', `${what} not supported by this server.`, location);
