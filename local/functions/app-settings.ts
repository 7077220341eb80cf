import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, type EndpointSettings, readIdentityConnection } from './connection.ts';

/** `local.settings.json` as Azure's own tools write it. */
interface LocalSettingsFile {
  readonly IsEncrypted?: boolean;
  readonly Values?: Readonly<Record<string, unknown>>;
  readonly ConnectionStrings?: Readonly<Record<string, unknown>>;
  readonly Host?: { readonly CORS?: string; readonly CORSCredentials?: boolean };
}

/** Origins that may call the app from a browser. */
export interface CorsSettings {
  /** `*` alone: every origin. */
  readonly origins: readonly string[];
  readonly credentials: boolean;
}

/** The app's settings: what it was started with, then the environment, then its own `local.settings.json`. */
export class AppSettings {
  readonly values: Readonly<Record<string, string>>;
  readonly cors: CorsSettings | undefined;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(app: string, given: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv) {
    const file = readFile(app);
    const values: Record<string, string> = {};
    for (const [name, value] of Object.entries(file.Values ?? {})) {
      // As Azure's own tool does: what the environment holds is not overwritten.
      if (environment[name] === undefined) values[name] = String(value);
    }
    for (const [name, value] of Object.entries(file.ConnectionStrings ?? {}))
      values[`ConnectionStrings:${name}`] = String(value);
    this.values = { ...values, ...given };
    this.#environment = environment;
    const origins = file.Host?.CORS?.split(',').map((origin) => origin.trim());
    this.cors = origins && { origins, credentials: file.Host?.CORSCredentials ?? false };
  }

  /** A setting, whatever the case of its name. */
  get(name: string): string | undefined {
    const exact = this.values[name] ?? this.#environment[name];
    if (exact !== undefined) return exact;
    const key = Object.keys(this.values).find((one) => one.toLowerCase() === name.toLowerCase());
    return key === undefined ? undefined : this.values[key];
  }

  /**
   * What a binding's `connection` names: a connection string, or settings `{name}__…` of an identity-based connection.
   * @param endpoints where such a connection holds its address.
   * @throws Error that names the setting when there is none
   */
  connection(name: string, owner: string, endpoints: EndpointSettings): Connection {
    const connectionString = this.get(name) ?? this.get(`AzureWebJobs${name}`) ?? this.get(`ConnectionStrings:${name}`);
    if (connectionString !== undefined && connectionString !== '') return { connectionString };
    const identity = readIdentityConnection(name, owner, this.#behind(`${name}__`), endpoints);
    if (identity !== undefined) return identity;
    throw new Error(
      `Function "${owner}": the setting "${name}" holds no connection string, and there are none "${name}__…".`,
    );
  }

  /** Settings that begin with `prefix`, by what follows it, in lower case. */
  #behind(prefix: string): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const [name, value] of Object.entries({ ...this.#environment, ...this.values }))
      if (value !== undefined && name.toLowerCase().startsWith(prefix.toLowerCase()))
        found.set(name.slice(prefix.length).toLowerCase(), value);
    return found;
  }

  /**
   * Puts settings in the place of `%NAME%` (https://learn.microsoft.com/azure/azure-functions/functions-bindings-expressions-patterns).
   * @throws Error that names a setting that is not there
   */
  resolve(text: string, owner: string): string {
    return text.replace(/%([^%\s]+)%/g, (_, name: string) => {
      const value = this.get(name);
      if (value === undefined) throw new Error(`Function "${owner}": '%${name}%' does not resolve to a value.`);
      return value;
    });
  }
}

function readFile(app: string): LocalSettingsFile {
  const file = join(app, 'local.settings.json');
  if (!existsSync(file)) return {};
  let read: LocalSettingsFile;
  try {
    read = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} is no JSON.`, { cause });
  }
  if (read.IsEncrypted === true)
    throw new Error(`${file} is encrypted, which this host cannot read: set "IsEncrypted" to false.`);
  return read;
}
