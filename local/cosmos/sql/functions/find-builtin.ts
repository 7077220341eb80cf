import type { Location } from '../ast.ts';
import { notSupported, QueryError } from '../query-error.ts';
import { arrays } from './arrays.ts';
import type { Builtin, Builtins } from './builtin.ts';
import { dates } from './dates.ts';
import { numbers } from './numbers.ts';
import { strings } from './strings.ts';
import { types } from './types.ts';

/** Every built-in function that this server knows, by its name in capitals. */
export const builtins: Builtins = { ...arrays, ...dates, ...numbers, ...strings, ...types };

/** Real functions of the service that are not here: spatial, full text, vectors, computed ids and formats. */
const elsewhere = /^(ST_.*|FULLTEXT.*|VECTORDISTANCE|RRF|DOCUMENTID|DATETIMEFORMAT|REGEXEXTRACT.*)$/;

/** Finds a built-in function. @throws QueryError when there is none, or when it takes another number of arguments. */
export function findBuiltin(name: string, given: number, at: Location): Builtin {
  const found = Object.hasOwn(builtins, name) ? builtins[name] : undefined;
  if (found === undefined) {
    if (elsewhere.test(name)) throw notSupported(`The function ${name} is`, at);
    throw new QueryError('SC2005', `'${name}' is not a recognized built-in function name.`, at);
  }
  if (given < found.least || given > found.most) {
    const wanted = found.least === found.most ? `${found.least}` : `${found.least} to ${found.most}`;
    throw new QueryError('SC2050', `The ${name} function requires ${wanted} argument(s).`, at);
  }
  return found;
}
