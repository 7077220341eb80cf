import { registerHooks } from 'node:module';
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

export type HookName = 'preInvocation' | 'postInvocation' | 'appStart' | 'appTerminate';
export type Hook = (context: Record<string, unknown>) => unknown;

/** The library's side of an invocation. */
export interface ProgrammingModel {
  getInvocationModel(context: object): Promise<InvocationModel> | InvocationModel;
}
export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], callback: unknown): Promise<unknown>;
  getResponse(
    context: object,
    result: unknown,
  ): Promise<{ returnValue?: TypedData; outputData?: readonly { name: string; data: TypedData }[] }>;
}

/** What the app told the host while it loaded. */
export interface Registry {
  readonly functions: RegisteredFunction[];
  readonly hooks: Readonly<Record<HookName, Hook[]>>;
  model: ProgrammingModel | undefined;
  /** After this nothing more may be registered. */
  closed: boolean;
}

const coreModule = '@azure/functions-core';

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
export function installCoreApi(log: (level: string, category: string, message: string) => void): Registry {
  const registry: Registry = {
    functions: [],
    hooks: { preInvocation: [], postInvocation: [], appStart: [], appTerminate: [] },
    model: undefined,
    closed: false,
  };
  const api = {
    version: '3.9.1',
    hostVersion: '4.1036.0',
    setProgrammingModel: (model: ProgrammingModel) => {
      registry.model = model;
    },
    getProgrammingModel: () => registry.model,
    registerFunction: (
      metadata: { name: string; functionId?: string; bindings: Record<string, Binding>; retryOptions?: RetryOptions },
      callback: RegisteredFunction['callback'],
    ) => {
      register(registry, metadata, callback);
      return new Disposable(() => {});
    },
    registerHook: (name: string, hook: Hook) => {
      const hooks = registry.hooks[name as HookName];
      if (hooks === undefined)
        throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true });
      hooks.push(hook);
      return new Disposable(() => hooks.splice(hooks.indexOf(hook), 1));
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
    load: (url, context, next) =>
      url === `wardline:${coreModule}`
        ? {
            format: 'commonjs',
            source: `module.exports = globalThis[Symbol.for('${coreModule}')];`,
            shortCircuit: true,
          }
        : next(url, context),
  });
  return registry;
}

function register(
  registry: Registry,
  metadata: { name: string; functionId?: string; bindings: Record<string, Binding>; retryOptions?: RetryOptions },
  callback: RegisteredFunction['callback'],
): void {
  const { name, bindings } = metadata;
  if (registry.closed) throw new Error(`Function "${name}" was registered after the app had started.`);
  if (registry.functions.some((one) => one.name.toLowerCase() === name.toLowerCase()))
    throw new Error(`A function named "${name}" is registered twice.`);
  const trigger = Object.entries(bindings).find(([, binding]) => binding.type.toLowerCase().endsWith('trigger'));
  if (trigger === undefined) throw new Error(`Function "${name}" has no trigger.`);
  registry.functions.push({
    id: metadata.functionId ?? name,
    name,
    bindings,
    trigger: { name: trigger[0], binding: trigger[1] },
    retry: metadata.retryOptions,
    callback,
  });
}
