/** How values travel between host and library (the RpcTypedData of Microsoft's worker protocol). */
export type TypedData =
  | { readonly string: string }
  | { readonly json: string }
  | { readonly bytes: Uint8Array }
  | { readonly int: number }
  | { readonly double: number }
  | { readonly http: RpcHttp }
  | { readonly collectionString: { readonly string: readonly string[] } };

/** A value that the protocol wraps, so that "not there" and "empty" differ. */
interface Nullable<T> {
  readonly value: T;
}

/** A request on its way to the library, or a response on its way back. */
export interface RpcHttp {
  readonly url?: string;
  readonly method?: string;
  readonly nullableHeaders?: Readonly<Record<string, Nullable<string>>>;
  readonly nullableQuery?: Readonly<Record<string, Nullable<string>>>;
  readonly nullableParams?: Readonly<Record<string, Nullable<string>>>;
  readonly body?: TypedData;
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly RpcHttpCookie[];
}

export interface RpcHttpCookie {
  readonly name: string;
  readonly value: string;
  readonly domain?: Nullable<string>;
  readonly path?: Nullable<string>;
  /** Whole seconds since 1970. */
  readonly expires?: Nullable<{ readonly seconds: number }>;
  readonly secure?: Nullable<boolean>;
  readonly httpOnly?: Nullable<boolean>;
  readonly maxAge?: Nullable<number>;
  /** `none`: not set; `explicitNone`: SameSite=None. */
  readonly sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone';
}

/** Text for what a trigger hands over: text stays text, the rest becomes JSON. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');

/** Properties as trigger metadata carries them: strings as strings, the rest as JSON. */
export const toMetadata = (values: Readonly<Record<string, unknown>>): Record<string, TypedData> =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === 'string' ? { string: value } : { json: JSON.stringify(value) }]),
  );

/** What a function gave an output binding, as a value: text, bytes, or what its JSON says. */
export function plainValue(data: TypedData): unknown {
  if ('string' in data) return data.string;
  if ('bytes' in data) return Buffer.from(data.bytes);
  if ('json' in data) return JSON.parse(data.json);
  if ('int' in data) return data.int;
  return 'double' in data ? data.double : undefined;
}
