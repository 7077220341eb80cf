import { randomUUID } from 'node:crypto';
import type { BindingData } from './binding-data.ts';
import type { Hook, RegisteredFunction, Registry } from './core-api.ts';
import type { Invocation } from './invocation.ts';
import { type Log, type LogLevel, toLogLevel } from './log.ts';
import { newTraceparent } from './traceparent.ts';
import type { TypedData } from './typed-data.ts';

export type Invoke = (one: RegisteredFunction, invocation: Invocation) => Promise<TypedData | undefined>;

/** Reads a function's input bindings, and delivers what it gave its output bindings. */
export interface Bindings {
  /** Whether the function has any: most have none, and then nothing is computed for them. */
  has(one: RegisteredFunction): boolean;
  data(invocation: Invocation): BindingData;
  read(one: RegisteredFunction, data: BindingData): Promise<{ name: string; data: TypedData | undefined }[]>;
  write(one: RegisteredFunction, data: BindingData, outputs: ReadonlyMap<string, TypedData>): Promise<void>;
}

/** The function did not return in time; what it is still doing cannot be stopped. */
export class FunctionTimeoutError extends Error {
  override readonly name = 'FunctionTimeoutError';
}

/**
 * Calls functions of the app, hooks included, as Microsoft's worker does. It resolves after every output binding is
 * delivered; a function that throws rejects.
 */
export function createInvoke(
  registry: Registry,
  options: { readonly timeout: number | undefined; readonly log: Log; readonly bindings: Bindings },
): Invoke {
  const { bindings } = options;
  /** Shared by all hooks of the app, as in the worker. */
  const appHookData = {};
  return async (one, call) => {
    const { model } = registry;
    if (model === undefined) throw new Error('The app registered no programming model.');
    const { input, metadata = {}, traceparent, tracestate = '', retryContext, id: invocationId = randomUUID() } = call;
    const data = bindings.has(one) ? bindings.data(call) : undefined;
    const extraInputs = data === undefined ? [] : await bindings.read(one, data);
    const core: Record<string, unknown> & { state: string | undefined } = {
      invocationId,
      metadata: { name: one.name, functionId: one.id, bindings: one.bindings },
      state: undefined,
      request: {
        invocationId,
        functionId: one.id,
        inputData: [{ name: one.trigger.name, data: input }, ...extraInputs],
        triggerMetadata: metadata,
        retryContext,
        traceContext: { traceParent: traceparent ?? newTraceparent(), traceState: tracestate, attributes: {} },
      },
      log: (level: string, category: string, message: string) =>
        writeLog(registry.hooks.log, options.log, {
          level,
          category,
          message,
          name: one.name,
          context: invocationContext,
        }),
    };
    let invocationContext: unknown;
    const invocation = await model.getInvocationModel(core);
    const { context, inputs } = await invocation.getArguments();
    invocationContext = context;
    const shared = { hookData: {}, appHookData, invocationContext: context };
    const pre = { ...shared, functionCallback: one.callback as unknown, inputs };
    core.state = 'preInvocationHooks';
    await runHooks(registry.hooks.preInvocation, pre);
    core.state = 'invocation';
    const post: Record<string, unknown> = { ...shared, inputs: pre.inputs, result: undefined, error: undefined };
    try {
      const work = invocation.invokeFunction(context, pre.inputs, pre.functionCallback);
      post['result'] = await (options.timeout === undefined ? work : withTimeout(work, options.timeout, one.name));
    } catch (error) {
      post['error'] = error ?? new Error('The function threw nothing.');
    }
    core.state = 'postInvocationHooks';
    await runHooks(registry.hooks.postInvocation, post);
    if (post['error'] != null) throw post['error'];
    const { returnValue, outputData = [] } = await invocation.getResponse(context, post['result']);
    if (data !== undefined) {
      const outputs = new Map(outputData.flatMap(({ name, data: value }) => (value == null ? [] : [[name, value]])));
      if (returnValue != null) outputs.set('$return', returnValue);
      await bindings.write(one, data, outputs);
    }
    return returnValue ?? undefined;
  };
}

async function runHooks(hooks: readonly Hook[], context: Record<string, unknown>): Promise<void> {
  for (const hook of hooks) await hook(context);
}

/** Log hooks may change level and text of a line before it is written. */
function writeLog(
  hooks: readonly Hook[],
  log: Log,
  line: { level: string; category: string; message: string; name: string; context: unknown },
): void {
  const { level, category, message, name, context } = line;
  const written = { level, category, message, hookData: {}, invocationContext: context };
  for (const hook of hooks) hook(written);
  const user = category === 'user' ? '.User' : '';
  log(toLogLevel(written.level) ?? ('information' satisfies LogLevel), `Function.${name}${user}`, written.message);
}

async function withTimeout<T>(work: Promise<T>, milliseconds: number, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new FunctionTimeoutError(`Timeout value of ${milliseconds} ms was exceeded by function ${name}.`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
