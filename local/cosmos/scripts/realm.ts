import { newQuickJSWASMModuleFromVariant, type QuickJSContext, type QuickJSWASMModule } from 'quickjs-emscripten-core';
import { CosmosError } from '../errors.ts';

const memory = 64 * 1024 * 1024;
const stack = 128 * 1024;

/** A JavaScript world of its own (QuickJS in WebAssembly): it reaches nothing of this process but what it is offered. */
export interface Realm {
  /** Gives the code inside a function that answers with text. */
  offer(name: string, answer: (first: string, second: string) => string): void;
  /** @returns the text that the code ends with. @throws CosmosError 400 with what it threw; 408 when its time is over. */
  evaluate(code: string): string;
  close(): void;
}

let engine: Promise<QuickJSWASMModule> | undefined;

/**
 * Loads the engine.
 * @returns what opens a world at once; its `isOver` is asked again and again while code runs: whether to end it. It ends at
 * 64 MB too.
 */
export async function loadEngine(): Promise<(isOver: () => boolean) => Realm> {
  engine ??= newQuickJSWASMModuleFromVariant(import('@jitl/quickjs-wasmfile-release-sync'));
  const module = await engine;
  return (isOver) => openRealm(module, isOver);
}

function openRealm(module: QuickJSWASMModule, isOver: () => boolean): Realm {
  const runtime = module.newRuntime();
  runtime.setMemoryLimit(memory);
  runtime.setMaxStackSize(stack);
  runtime.setInterruptHandler(isOver);
  const context = runtime.newContext();
  let sound = true;
  return {
    offer(name, answer) {
      const offered = context.newFunction(name, (first, second) =>
        context.newString(answer(context.getString(first), context.getString(second))),
      );
      context.setProp(context.global, name, offered);
      offered.dispose();
    },
    evaluate(code) {
      try {
        return evaluate(context, code, isOver);
      } catch (error) {
        if (error instanceof CosmosError) throw error;
        // The engine itself gave up (its stack or memory ended outside of what it can catch): the next script gets a new one.
        sound = false;
        engine = undefined;
        throw new CosmosError(400, `The script was ended by the engine: ${described(error)}`);
      }
    },
    close() {
      if (!sound) return;
      context.dispose();
      runtime.dispose();
    },
  };
}

function evaluate(context: QuickJSContext, code: string, isOver: () => boolean): string {
  const outcome = context.evalCode(code);
  if (outcome.error === undefined) {
    const text = context.getString(outcome.value);
    outcome.value.dispose();
    return text;
  }
  const thrown: unknown = context.dump(outcome.error);
  outcome.error.dispose();
  if (isOver()) throw new CosmosError(408, 'The script was ended: it took longer than the allowed time.');
  throw new CosmosError(400, `Encountered exception while executing Javascript. Exception = ${described(thrown)}`);
}

function described(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  const { name = 'Error', message = '' } = thrown as { name?: string; message?: string };
  return `${name}: ${message}`;
}
