import type { Schema } from '../../functions/api/schema.ts';

/** Where a value is not as its schema says; empty: it is. */
export function mismatches(schema: Schema, value: unknown, at = '$'): string[] {
  switch (schema.type) {
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((item, index) => mismatches(schema.items, item, `${at}[${index}]`))
        : [`${at} is no list`];
    case 'object':
      return mismatchesOfObject(schema, value, at);
    case 'integer':
      return Number.isInteger(value) ? [] : [`${at} is no whole number`];
    case 'number':
    case 'boolean':
      return typeof value === schema.type ? [] : [`${at} is no ${schema.type}`];
    case 'string':
      if (typeof value !== 'string') return [`${at} is no text`];
      if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at} is ${value}`];
      return schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value)
        ? [`${at} is no time: ${value}`]
        : [];
  }
}

function mismatchesOfObject(schema: Extract<Schema, { type: 'object' }>, value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`];
  const { properties = {}, required = [], additionalProperties } = schema;
  const missing = required.filter((name) => !Object.hasOwn(value, name)).map((name) => `${at}.${name} is missing`);
  const wrong = Object.entries(value).flatMap(([name, inner]) => {
    const own = properties[name];
    if (own !== undefined) return mismatches(own, inner, `${at}.${name}`);
    return additionalProperties ? [] : [`${at}.${name} is not described`];
  });
  return [...missing, ...wrong];
}
