import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AppSettings } from './app-settings.ts';
import type { Binding, RegisteredFunction, Registry } from './core-api.ts';
import type { HostSettings } from './host-json.ts';

/**
 * Loads the app as Microsoft's worker does: every file that `main` of its package.json names, which may be a pattern.
 * @throws Error when nothing is named or found, and what the app's own files throw
 */
export async function loadApp(app: string): Promise<void> {
  const file = join(app, 'package.json');
  let main: string | undefined;
  try {
    ({ main } = JSON.parse(readFileSync(file, 'utf8')) as { main?: string });
  } catch (cause) {
    throw new Error(`${file} is missing or no JSON.`, { cause });
  }
  if (main === undefined) throw new Error(`${file} names no "main".`);
  const entries = globSync(main, { cwd: app }).sort();
  if (entries.length === 0) throw new Error(`${file}: "main" (${main}) matches no file.`);
  for (const entry of entries) await import(pathToFileURL(join(app, entry)).href);
}

/**
 * The functions to run: without those that host.json leaves out or an app setting switches off
 * (`AzureWebJobs.NAME.Disabled`), and with `%SETTING%` in their bindings put in place.
 * @throws Error that names a setting that is not there
 */
export function selectFunctions(
  { functions }: Registry,
  settings: AppSettings,
  host: Pick<HostSettings, 'functions'>,
): RegisteredFunction[] {
  const wanted = host.functions?.map((name) => name.toLowerCase());
  return functions
    .filter(({ name }) => wanted === undefined || wanted.includes(name.toLowerCase()))
    .filter(({ name }) => !isOff(settings, name))
    .map((one) => {
      const bindings = Object.fromEntries(
        Object.entries(one.bindings).map(([name, binding]) => [name, resolveBinding(binding, settings, one.name)]),
      );
      return {
        ...one,
        bindings,
        trigger: { name: one.trigger.name, binding: bindings[one.trigger.name] ?? one.trigger.binding },
      };
    });
}

function isOff(settings: AppSettings, name: string): boolean {
  const value = settings.get(`AzureWebJobs.${name}.Disabled`) ?? settings.get(`AzureWebJobs_${name}_Disabled`);
  return value !== undefined && /^(true|1)$/i.test(value);
}

function resolveBinding(binding: Binding, settings: AppSettings, owner: string): Binding {
  return Object.fromEntries(
    Object.entries(binding).map(([name, value]) => [
      name,
      typeof value === 'string' && value.includes('%') ? settings.resolve(value, owner) : value,
    ]),
  ) as Binding;
}
