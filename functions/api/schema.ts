/** The part of JSON Schema (2020-12, as OpenAPI 3.1 has it) that Wardline's answers are described in. */
export type Schema =
  | {
      readonly type: 'string';
      readonly format?: string;
      readonly enum?: readonly string[];
      readonly description?: string;
    }
  | { readonly type: 'integer' | 'number' | 'boolean'; readonly description?: string }
  | { readonly type: 'array'; readonly items: Schema }
  | {
      readonly type: 'object';
      readonly properties?: Readonly<Record<string, Schema>>;
      readonly required?: readonly string[];
      /** False: nothing else comes. */
      readonly additionalProperties: boolean;
      readonly description?: string;
    };

export const text: Schema = { type: 'string' };
export const time: Schema = { type: 'string', format: 'date-time' };
export const whole: Schema = { type: 'integer' };
export const yesOrNo: Schema = { type: 'boolean' };
export const oneOf = (...values: string[]): Schema => ({ type: 'string', enum: values });
export const list = (items: Schema): Schema => ({ type: 'array', items });
export const anyObject = (description: string): Schema => ({ type: 'object', additionalProperties: true, description });

/** An object with these properties and no others; a name that ends with `?` may be left out. */
export function object(properties: Readonly<Record<string, Schema>>): Schema {
  const named = Object.entries(properties);
  return {
    type: 'object',
    properties: Object.fromEntries(named.map(([name, schema]) => [name.replace(/\?$/, ''), schema])),
    required: named.flatMap(([name]) => (name.endsWith('?') ? [] : [name])),
    additionalProperties: false,
  };
}
