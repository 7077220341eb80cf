/** Which type a coded value is of, as its shape shows: a Quantity counts as the Coding of its unit; empty: none. */
export function codedTypeOf(value: unknown): string {
  if (typeof value === 'string') return 'code';
  if (typeof value !== 'object' || value === null) return '';
  if ('coding' in value || 'text' in value) return 'CodeableConcept';
  return 'code' in value || 'system' in value ? 'Coding' : '';
}
