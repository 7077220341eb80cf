/** Whether two values are the same JSON; the order of properties does not matter. */
export const equals = (a: unknown, b: unknown): boolean =>
  includes(a, b) && includes(b, a) && lengthsIn(a) === lengthsIn(b);

/** Whether a value has everything that a pattern has (http://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_). */
export function includes(value: unknown, pattern: unknown): boolean {
  if (typeof pattern !== 'object' || pattern === null) return value === pattern;
  if (Array.isArray(pattern))
    return Array.isArray(value) && pattern.every((one) => value.some((item) => includes(item, one)));
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(pattern).every(([name, one]) => includes(Reflect.get(value, name), one))
  );
}

/** How many values there are in a value. */
const lengthsIn = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? Object.values(value).reduce<number>((sum, one) => sum + lengthsIn(one), 0)
    : 1;
