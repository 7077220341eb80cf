import { bindingData } from './binding-data.ts';
import type { RegisteredFunction } from './core-api.ts';
import type { Extension } from './extension.ts';
import type { Bindings } from './invoke.ts';

/** Input and output bindings of all extensions. The `$return` of an HTTP function is the answer, and not one of them. */
export function createBindings(extensions: readonly Extension[]): Bindings {
  const inputs = new Map(extensions.flatMap(({ inputs = {} }) => Object.entries(inputs)));
  const outputs = new Map(extensions.flatMap(({ outputs = {} }) => Object.entries(outputs)));
  const known = new WeakMap<RegisteredFunction, boolean>();
  return {
    has(one) {
      let has = known.get(one);
      if (has === undefined) {
        has = inputNames(one).length > 0 || outputNames(one).length > 0;
        known.set(one, has);
      }
      return has;
    },
    data: bindingData,
    read: (one, data) =>
      Promise.all(
        inputNames(one).map(async (name) => {
          const binding = one.bindings[name];
          const read = binding && inputs.get(binding.type.toLowerCase());
          if (binding === undefined || read === undefined) throw new Error(`${one.name}: no input binding ${name}.`);
          return { name, data: await read(binding, data, one) };
        }),
      ),
    async write(one, data, values) {
      for (const name of outputNames(one)) {
        const binding = one.bindings[name];
        const write = binding && outputs.get(binding.type.toLowerCase());
        const value = values.get(name);
        if (binding === undefined || write === undefined) throw new Error(`${one.name}: no output binding ${name}.`);
        if (value !== undefined) await write(binding, data, value);
      }
    },
  };
}

/**
 * Refuses what no extension can do.
 * @throws Error that names the function and the binding
 */
export function refuseUnsupported(functions: readonly RegisteredFunction[], extensions: readonly Extension[]): void {
  const known = (kind: 'triggers' | 'inputs' | 'outputs', type: string): boolean =>
    extensions.some((extension) => extension[kind]?.[type.toLowerCase()] !== undefined);
  for (const one of functions) {
    const refuse = (what: string): never => {
      throw new Error(`Function "${one.name}": this host does not support ${what}.`);
    };
    if (!known('triggers', one.trigger.binding.type)) refuse(one.trigger.binding.type);
    for (const name of inputNames(one)) {
      const type = one.bindings[name]?.type ?? '';
      if (!known('inputs', type)) refuse(`the input binding ${type}`);
    }
    for (const name of outputNames(one)) {
      const type = one.bindings[name]?.type ?? '';
      if (!known('outputs', type)) refuse(`the output binding ${type}`);
    }
    for (const binding of Object.values(one.bindings))
      if (binding['sdkBinding'] === true) refuse('sdkBinding: take the message or blob itself');
    for (const extension of extensions) extension.check?.(one);
  }
}

const inputNames = (one: RegisteredFunction): string[] =>
  Object.entries(one.bindings).flatMap(([name, { direction }]) =>
    direction === 'in' && name !== one.trigger.name ? [name] : [],
  );

const outputNames = (one: RegisteredFunction): string[] =>
  Object.entries(one.bindings).flatMap(([name, { direction, type }]) =>
    direction === 'out' && type.toLowerCase() !== 'http' ? [name] : [],
  );
