import { prelude } from './prelude.ts';
import { loadEngine } from './realm.ts';

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

/** Loads what runs scripts, each in a world of its own; they end after `longest` milliseconds. */
export async function openSandbox(longest: number): Promise<(run: ScriptRun) => ScriptResult> {
  const open = await loadEngine();
  return ({ script, parameters, host, links, world }) => {
    const deadline = Date.now() + longest;
    const realm = open(() => Date.now() >= deadline);
    try {
      realm.offer('__host', host);
      const found = `__links = ${JSON.stringify(links)}; __world = ${JSON.stringify(world ?? null)};`;
      realm.evaluate(`${prelude}\n${found}\n__begin();`);
      realm.evaluate(`__run((${script.trim().replace(/;+$/, '')}\n), ${JSON.stringify(parameters)})`);
      const result = JSON.parse(realm.evaluate('__result()')) as Partial<ScriptResult>;
      return { body: result.body, request: result.request, log: result.log ?? '' };
    } finally {
      realm.close();
    }
  };
}
