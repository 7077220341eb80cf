import { registerHooks } from 'node:module';
import type { LogLevel } from './log.ts';
import type { TypedData } from './typed-data.ts';

/** One binding of a function as the library describes it. */
export type Binding = Readonly<Record<string, unknown>> & {
  readonly type: string;
  readonly direction: 'in' | 'out' | 'inout';
};

/** A function as the app registered it. */
export interface RegisteredFunction {
  readonly id: string;
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  /** Name and description of the binding that starts it. */
  readonly trigger: { readonly name: string; readonly binding: Binding };
  readonly retry: RetryOptions | undefined;
  readonly callback: (...values: never[]) => unknown;
}

export interface RetryOptions {
  readonly retryStrategy: 'fixedDelay' | 'exponentialBackoff';
  /** -1: for ever. */
  readonly maxRetryCount: number;
  readonly delayInterval?: { readonly seconds: number };
  readonly minimumInterval?: { readonly seconds: number };
  readonly maximumInterval?: { readonly seconds: number };
}

const hookNames = ['preInvocation', 'postInvocation', 'appStart', 'appTerminate', 'log'] as const;
export type HookName = (typeof hookNames)[number];
export type Hook = (context: Record<string, unknown>) => unknown;

/** The library's side of an invocation. */
export interface ProgrammingModel {
  getInvocationModel(context: object): Promise<InvocationModel> | InvocationModel;
  getCapabilities(defaults: Record<string, string>): Promise<Record<string, string>> | Record<string, string>;
}
export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], callback: unknown): Promise<unknown>;
  getResponse(
    context: object,
    result: unknown,
  ): Promise<{
    returnValue?: TypedData | null;
    outputData?: readonly { readonly name: string; readonly data?: TypedData | null }[];
  }>;
}

/** What the app told the host while it loaded. */
export interface Registry {
  readonly functions: RegisteredFunction[];
  readonly hooks: Readonly<Record<HookName, Hook[]>>;
  /** Files of the app, not of its dependencies, in the order in which they were loaded. */
  readonly files: Set<string>;
  model: ProgrammingModel | undefined;
  /** After this nothing more may be registered. */
  closed: boolean;
}

interface FunctionMetadata {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Record<string, Binding>;
  readonly retryOptions?: RetryOptions;
}

const coreModule = '@azure/functions-core';
/** As the runtime's own rule for names; `host` is its own. */
const functionName = /^[a-z][a-z0-9_-]{0,127}$/i;

class Disposable {
  readonly #dispose: () => void;
  constructor(dispose: () => void) {
    this.#dispose = dispose;
  }
  dispose(): void {
    this.#dispose();
  }
}

/**
 * Installs the module `@azure/functions-core`, which exists in no registry: `@azure/functions` asks for it once, while
 * the app loads, and works as a test double for good when it is not there. So this comes before the first app file.
 */
export function installCoreApi(log: (level: LogLevel, category: string, message: string) => void): Registry {
  const registry: Registry = {
    functions: [],
    hooks: { preInvocation: [], postInvocation: [], appStart: [], appTerminate: [], log: [] },
    files: new Set(),
    model: undefined,
    closed: false,
  };
  const api = {
    version: '3.12.0',
    hostVersion: '4.1044.0',
    setProgrammingModel: (model: ProgrammingModel) => {
      registry.model = model;
    },
    getProgrammingModel: () => registry.model,
    registerFunction: (metadata: FunctionMetadata, callback: RegisteredFunction['callback']) => {
      const registered = register(registry, metadata, callback);
      return new Disposable(() => remove(registry.functions, registered));
    },
    registerHook: (name: string, hook: Hook) => {
      const hooks = hookNames.some((known) => known === name) ? registry.hooks[name as HookName] : undefined;
      if (hooks === undefined)
        throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true });
      hooks.push(hook);
      return new Disposable(() => remove(hooks, hook));
    },
    log,
    Disposable,
  };
  Reflect.set(globalThis, Symbol.for(coreModule), api);
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === coreModule
        ? { url: `wardline:${coreModule}`, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) => {
      if (url === `wardline:${coreModule}`)
        return {
          format: 'commonjs',
          source: `module.exports = globalThis[Symbol.for('${coreModule}')];`,
          shortCircuit: true,
        };
      if (url.startsWith('file:') && !url.includes('/node_modules/')) registry.files.add(url);
      return next(url, context);
    },
  });
  return registry;
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}

function register(
  registry: Registry,
  metadata: FunctionMetadata,
  callback: RegisteredFunction['callback'],
): RegisteredFunction {
  const { name, bindings } = metadata;
  if (registry.closed) throw new Error(`Function "${name}" was registered after the app had started.`);
  if (!functionName.test(name) || name.toLowerCase() === 'host')
    throw new Error(`"${name}" is no name for a function: letters, digits, - and _, a letter first, and not "host".`);
  if (registry.functions.some((one) => one.name.toLowerCase() === name.toLowerCase()))
    throw new Error(`A function named "${name}" is registered twice.`);
  const trigger = Object.entries(bindings).find(([, binding]) => binding.type.toLowerCase().endsWith('trigger'));
  if (trigger === undefined) throw new Error(`Function "${name}" has no trigger.`);
  const registered = {
    id: metadata.functionId ?? name,
    name,
    bindings,
    trigger: { name: trigger[0], binding: trigger[1] },
    retry: metadata.retryOptions,
    callback,
  };
  registry.functions.push(registered);
  return registered;
}
