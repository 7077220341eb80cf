import { CosmosError } from '../errors.ts';
import type { Value } from '../sql/frame.ts';
import { loadEngine } from './realm.ts';

/** The user-defined functions of one page of a query, in an engine of their own. */
export interface UserFunctions {
  call(name: string, parameters: readonly Value[]): Value;
  close(): void;
}

/**
 * Opens the functions that a query may name. They see their parameters and nothing else, and together take no longer than
 * `longest` milliseconds.
 * @param bodyOf the function's text; undefined: there is none of that name.
 */
export async function openUserFunctions(
  bodyOf: (name: string) => string | undefined,
  longest: number,
): Promise<UserFunctions> {
  let spent = 0;
  let began = 0;
  const realm = (await loadEngine())(() => spent + Date.now() - began > longest);
  const known = new Set<string>();
  const evaluate = (code: string): string => {
    began = Date.now();
    try {
      return realm.evaluate(code);
    } finally {
      spent += Date.now() - began;
    }
  };
  evaluate(world);
  return {
    call(name, parameters) {
      if (!known.has(name)) {
        const body = bodyOf(name);
        if (body === undefined) throw new CosmosError(400, `There is no user-defined function '${name}'.`);
        evaluate(`__define(${JSON.stringify(name)}, (${body.trim().replace(/;+$/, '')}\n))`);
        known.add(name);
      }
      const given = parameters.map((value) => (value === undefined ? 'undefined' : JSON.stringify(value)));
      const text = evaluate(`__call(${JSON.stringify(name)}, [${given.join()}])`);
      return text === '' ? undefined : (JSON.parse(text) as Value);
    },
    close: () => realm.close(),
  };
}

const world = `'use strict';
var __functions = Object.create(null);
function __define(name, body) {
  if (typeof body !== 'function') throw new Error('The body of a user-defined function must be a function.');
  __functions[name] = body;
  return '';
}
function __call(name, parameters) {
  var result = JSON.stringify(__functions[name].apply(undefined, parameters));
  return result === undefined ? '' : result;
}
''`;
