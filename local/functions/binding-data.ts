import { randomUUID } from 'node:crypto';
import type { Invocation } from './invocation.ts';
import { plainValue, type RpcHttp, type TypedData } from './typed-data.ts';

/** What binding expressions (`{id}`, `{Query.ward}`, `{rand-guid}`) are filled in from. */
export interface BindingData {
  /** Fills in every expression. @throws Error that names one without a value */
  fill(template: string): string;
  /** The value of one expression; undefined where it has none. */
  value(expression: string): unknown;
}

/**
 * Adds what the trigger's own body says to its metadata, as the real host does: every top-level property of a JSON
 * object that is no list, over a value of the same name in any case. So a body with `messageId` hides the broker's, and
 * triggerMetadata must never be logged (Utility.ApplyBindingData of the Functions host).
 */
export function applyBindingData(
  body: string,
  metadata: Readonly<Record<string, TypedData>>,
): Readonly<Record<string, TypedData>> {
  const properties = parseObject(body);
  if (properties === undefined) return metadata;
  const applied: Record<string, TypedData> = { ...metadata };
  const names = new Map(Object.keys(applied).map((name) => [name.toLowerCase(), name]));
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || Array.isArray(value)) continue;
    const key = names.get(name.toLowerCase()) ?? name;
    applied[key] = typeof value === 'object' ? { json: JSON.stringify(value) } : { string: String(value) };
  }
  return applied;
}

/** The data of one call (https://learn.microsoft.com/azure/azure-functions/functions-bindings-expressions-patterns). */
export function bindingData({ input, metadata = {} }: Pick<Invocation, 'input' | 'metadata'>): BindingData {
  const values = new Map<string, unknown>();
  const add = (name: string, value: unknown): unknown => values.set(name.toLowerCase(), value);
  if ('http' in input) addRequest(input.http, add);
  for (const [name, data] of Object.entries(metadata)) add(name, plain(data));
  const value = (expression: string): unknown => {
    const generated = generate(expression);
    if (generated !== undefined) return generated;
    const [first = '', ...rest] = expression.split('.');
    let found = values.get(first.toLowerCase());
    for (const part of rest) {
      if (typeof found !== 'object' || found === null) return undefined;
      const key = Object.keys(found).find((name) => name.toLowerCase() === part.toLowerCase());
      found = key === undefined ? undefined : Reflect.get(found, key);
    }
    return found;
  };
  return {
    value,
    fill: (template) =>
      template.replace(/\{([^{}]+)\}/g, (_, expression: string) => {
        const found = value(expression.trim());
        if (found === undefined || found === null) throw new Error(`No value for named parameter '${expression}'.`);
        return typeof found === 'object' ? JSON.stringify(found) : String(found);
      }),
  };
}

function addRequest(http: RpcHttp, add: (name: string, value: unknown) => unknown): void {
  const unwrap = (values: RpcHttp['nullableQuery'] = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
  const body = http.body !== undefined && 'bytes' in http.body ? Buffer.from(http.body.bytes).toString() : '';
  for (const [name, value] of Object.entries(parseObject(body) ?? {})) add(name, value);
  const query = unwrap(http.nullableQuery);
  for (const [name, value] of Object.entries(query)) add(name, value);
  add('Query', query);
  add('Headers', unwrap(http.nullableHeaders));
  for (const [name, value] of Object.entries(unwrap(http.nullableParams))) add(name, value);
}

function generate(expression: string): string | undefined {
  switch (expression.toLowerCase()) {
    case 'rand-guid':
    case 'sys.randguid':
      return randomUUID();
    case 'datetime':
    case 'sys.utcnow':
      return new Date().toISOString();
    default:
      return undefined;
  }
}

/** A value of the metadata; a text that is JSON is read, as the library does for the app. */
function plain(data: TypedData): unknown {
  const value = plainValue(data);
  return typeof value === 'string' ? (parseObject(value) ?? value) : value;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
