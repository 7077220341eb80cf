import { WardlineError } from '../../errors.ts';
import type { FhirResource } from '../resource.ts';

/** One operation of a FHIRPath Patch. `at` says which, for errors. */
export interface Operation {
  readonly at: string;
  readonly type: 'add' | 'insert' | 'delete' | 'replace' | 'move';
  readonly path: string;
  readonly name?: string;
  readonly value?: Value;
  readonly index?: number;
  readonly source?: number;
  readonly destination?: number;
}

/** A value, with the type that its name told: `valueQuantity`. Without one it was given as parts. */
export interface Value {
  readonly type?: string;
  readonly content: unknown;
}

interface Part {
  readonly name?: unknown;
  readonly part?: unknown;
  readonly [key: string]: unknown;
}

const types = ['add', 'insert', 'delete', 'replace', 'move'] as const;
const needs: Readonly<Record<Operation['type'], readonly string[]>> = {
  add: ['name', 'value'],
  insert: ['index', 'value'],
  delete: [],
  replace: ['value'],
  move: ['source', 'destination'],
};

/** @throws WardlineError `invalid-body`, naming the operation */
export function readOperations(parameters: FhirResource): Operation[] {
  const listed: unknown = parameters['parameter'];
  if (parameters.resourceType !== 'Parameters' || !Array.isArray(listed) || listed.length === 0)
    throw new WardlineError('invalid-body', 'A FHIRPath Patch is a Parameters resource of operations.');
  return listed.map((parameter: Part, index) => readOperation(parameter, `Parameters.parameter[${index}]`));
}

function readOperation(parameter: Part, at: string): Operation {
  const wrong = (message: string): WardlineError => new WardlineError('invalid-body', message, { expression: at });
  if (parameter?.name !== 'operation' || !Array.isArray(parameter.part))
    throw wrong('Each parameter is an operation with parts.');
  const parts = new Map((parameter.part as Part[]).map((part) => [String(part?.name), part]));
  const text = (name: string): string | undefined => {
    const value = parts.get(name);
    const found = value?.['valueCode'] ?? value?.['valueString'];
    return typeof found === 'string' ? found : undefined;
  };
  const number = (name: string): number | undefined => {
    const found = parts.get(name)?.['valueInteger'];
    if (found !== undefined && !(Number.isSafeInteger(found) && Number(found) >= 0))
      throw wrong(`${name} is a whole number from 0.`);
    return found === undefined ? undefined : Number(found);
  };
  const type = types.find((one) => one === text('type'));
  const path = text('path');
  if (type === undefined) throw wrong(`type is one of ${types.join(', ')}.`);
  if (path === undefined) throw wrong('path is the FHIRPath of an element.');
  const value = parts.has('value') ? readValue(parts.get('value') ?? {}) : undefined;
  const [name, index, source, destination] = [text('name'), number('index'), number('source'), number('destination')];
  const given = { name, value, index, source, destination };
  for (const needed of needs[type])
    if (Reflect.get(given, needed) === undefined) throw wrong(`${type} needs ${needed}.`);
  const kept = Object.fromEntries(Object.entries(given).filter(([, one]) => one !== undefined));
  return { at, type, path, ...kept };
}

function readValue(part: Part): Value {
  for (const [key, content] of Object.entries(part))
    if (/^value[A-Z]/.test(key)) return { type: key.slice('value'.length), content };
  return { content: objectOf(Array.isArray(part.part) ? part.part : []) };
}

/** An element without a datatype of its own (a contact of a Patient) is given part by part. */
function objectOf(parts: readonly Part[]): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const part of parts) {
    const name = String(part.name);
    const { content } = readValue(part);
    const before = object[name];
    object[name] = before === undefined ? content : [...(Array.isArray(before) ? before : [before]), content];
  }
  return object;
}
