import { randomBytes, randomUUID } from 'node:crypto';
import type { Hook, RegisteredFunction, Registry } from './core-api.ts';
import type { TypedData } from './typed-data.ts';

/** What starts an invocation. */
export interface Invocation {
  readonly input: TypedData;
  readonly metadata?: Readonly<Record<string, TypedData>>;
  readonly traceparent?: string | undefined;
  readonly retryContext?: {
    readonly retryCount: number;
    readonly maxRetryCount: number;
    readonly exception?: { readonly message: string };
  };
}

export type Invoke = (one: RegisteredFunction, invocation: Invocation) => Promise<TypedData | undefined>;

/** Calls functions of the app, hooks included, as Microsoft's worker does. A function that throws rejects. */
export function createInvoke(
  registry: Registry,
  options: {
    timeout: number;
    log: (level: string, message: string) => void;
    /** Values of input bindings. */
    inputs?: (one: RegisteredFunction) => readonly { readonly name: string; readonly data: TypedData }[];
  },
): Invoke {
  return async (one, { input, metadata = {}, traceparent, retryContext }) => {
    const { model } = registry;
    if (model === undefined) throw new Error('The app registered no programming model.');
    const invocationId = randomUUID();
    const core: Record<string, unknown> & { state: string | undefined } = {
      invocationId,
      metadata: { name: one.name, functionId: one.id, bindings: one.bindings },
      state: undefined,
      request: {
        invocationId,
        functionId: one.id,
        inputData: [{ name: one.trigger.name, data: input }, ...(options.inputs?.(one) ?? [])],
        triggerMetadata: metadata,
        retryContext,
        traceContext: { traceParent: traceparent ?? newTraceparent(), traceState: '', attributes: {} },
      },
      // Bodies and parameters never reach the log: only what the app itself chose to say does.
      log: (level: string, _category: string, message: string) => options.log(level, `${one.name}: ${message}`),
    };
    const invocation = await model.getInvocationModel(core);
    const { context, inputs } = await invocation.getArguments();
    const shared = { hookData: {}, appHookData: {}, invocationContext: context };
    const pre = { ...shared, functionCallback: one.callback as unknown, inputs };
    core.state = 'preInvocationHooks';
    await runHooks(registry.hooks.preInvocation, pre);
    core.state = 'invocation';
    const post: Record<string, unknown> = { ...shared, inputs: pre.inputs, result: undefined, error: undefined };
    try {
      post['result'] = await withTimeout(
        invocation.invokeFunction(context, pre.inputs, pre.functionCallback),
        options.timeout,
        one.name,
      );
    } catch (error) {
      post['error'] = error;
    }
    core.state = 'postInvocationHooks';
    await runHooks(registry.hooks.postInvocation, post);
    if (post['error'] != null) throw post['error'];
    const { returnValue, outputData = [] } = await invocation.getResponse(context, post['result']);
    if (outputData.some(({ name }) => name !== '$return'))
      throw new Error(`${one.name}: output bindings are not supported by this host.`);
    return returnValue;
  };
}

async function runHooks(hooks: readonly Hook[], context: Record<string, unknown>): Promise<void> {
  for (const hook of hooks) await hook(context);
}

async function withTimeout<T>(work: Promise<T>, milliseconds: number, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Timeout value of ${milliseconds} ms was exceeded by function ${name}.`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A trace of its own for what nobody traced before. */
export const newTraceparent = (): string =>
  `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
