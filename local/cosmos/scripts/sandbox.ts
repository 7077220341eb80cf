import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSWASMModule,
  shouldInterruptAfterDeadline,
} from 'quickjs-emscripten-core';
import { CosmosError } from '../errors.ts';
import { prelude } from './prelude.ts';

const memory = 64 * 1024 * 1024;
const stack = 128 * 1024;

/** Answers what a script asks of its container. Texts are JSON. */
export type Host = (operation: string, request: string) => string;

export interface ScriptResult {
  /** JSON of what the script set as its response; undefined: nothing. */
  readonly body: string | undefined;
  /** JSON of the request's body as the script left it; undefined: there is none. */
  readonly request: string | undefined;
  /** What it wrote to the console. */
  readonly log: string;
}

/** A script with what it works on. Texts are JSON. */
export interface ScriptRun {
  readonly script: string;
  readonly parameters: string;
  readonly host: Host;
  readonly links: { readonly self: string; readonly alt: string };
  /** What a trigger finds: the request that it runs with and, after the change, the response. */
  readonly world?: {
    readonly operation: string;
    readonly request?: string | undefined;
    readonly response?: string | undefined;
  };
}

let engine: Promise<QuickJSWASMModule> | undefined;

/**
 * Runs scripts in a JavaScript engine of their own (QuickJS in WebAssembly): they reach nothing of this process but what
 * the host function answers, and end after 5 s or 64 MB.
 */
export async function openSandbox(longest: number): Promise<(run: ScriptRun) => ScriptResult> {
  engine ??= newQuickJSWASMModuleFromVariant(import('@jitl/quickjs-wasmfile-release-sync'));
  const module = await engine;
  return ({ script, parameters, host, links, world }) => {
    const runtime = module.newRuntime();
    runtime.setMemoryLimit(memory);
    runtime.setMaxStackSize(stack);
    const deadline = Date.now() + longest;
    runtime.setInterruptHandler(shouldInterruptAfterDeadline(deadline));
    const context = runtime.newContext();
    let sound = true;
    try {
      offerHost(context, host);
      const found = `__links = ${JSON.stringify(links)}; __world = ${JSON.stringify(world ?? null)};`;
      evaluate(context, `${prelude}\n${found}\n__begin();`, deadline);
      evaluate(context, `__run((${script.trim().replace(/;+$/, '')}\n), ${JSON.stringify(parameters)})`, deadline);
      const result = JSON.parse(evaluate(context, '__result()', deadline)) as Partial<ScriptResult>;
      return { body: result.body, request: result.request, log: result.log ?? '' };
    } catch (error) {
      if (error instanceof CosmosError) throw error;
      // The engine itself gave up (its stack or memory ended outside of what it can catch): the next script gets a new one.
      sound = false;
      engine = undefined;
      throw new CosmosError(400, `The script was ended by the engine: ${described(error)}`);
    } finally {
      if (sound) {
        context.dispose();
        runtime.dispose();
      }
    }
  };
}

function offerHost(context: QuickJSContext, host: Host): void {
  const offered = context.newFunction('__host', (operation, request) =>
    context.newString(host(context.getString(operation), context.getString(request))),
  );
  context.setProp(context.global, '__host', offered);
  offered.dispose();
}

/** @returns the text that the code ends with. @throws CosmosError 400 with what the script threw; 408 out of time. */
function evaluate(context: QuickJSContext, code: string, deadline: number): string {
  const outcome = context.evalCode(code);
  if (outcome.error === undefined) {
    const text = context.getString(outcome.value);
    outcome.value.dispose();
    return text;
  }
  const thrown: unknown = context.dump(outcome.error);
  outcome.error.dispose();
  if (Date.now() >= deadline) throw new CosmosError(408, 'The script was ended: it took longer than the allowed time.');
  throw new CosmosError(400, `Encountered exception while executing Javascript. Exception = ${described(thrown)}`);
}

function described(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  const { name = 'Error', message = '' } = thrown as { name?: string; message?: string };
  return `${name}: ${message}`;
}
