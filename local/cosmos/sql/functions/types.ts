import { type Builtins, builtin, isOf } from './builtin.ts';

/** https://learn.microsoft.com/azure/cosmos-db/nosql/query/system-functions#type-checking-functions, and IIF. */
export const types: Builtins = {
  IS_ARRAY: isOf('array'),
  IS_BOOL: isOf('boolean'),
  IS_DEFINED: builtin(1, 1, (value) => value !== undefined),
  IS_FINITE_NUMBER: builtin(1, 1, (value) => Number.isFinite(value)),
  IS_INTEGER: builtin(1, 1, (value) => Number.isInteger(value)),
  IS_NULL: isOf('null'),
  IS_NUMBER: isOf('number'),
  IS_OBJECT: isOf('object'),
  IS_PRIMITIVE: isOf('null', 'boolean', 'number', 'string'),
  IS_STRING: isOf('string'),
  IIF: builtin(3, 3, (test, then, otherwise) => (test === true ? then : otherwise)),
};
