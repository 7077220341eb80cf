import type { IncomingMessage } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import type { AppSettings } from './app-settings.ts';
import type { BindingData } from './binding-data.ts';
import type { Binding, RegisteredFunction, Registry } from './core-api.ts';
import type { HostSettings } from './host-json.ts';
import type { Invocation } from './invocation.ts';
import type { Invoke } from './invoke.ts';
import type { Log } from './log.ts';
import type { TypedData } from './typed-data.ts';

/** Something that runs until it is stopped; stopping waits for what is under way. */
export interface Listener {
  stop(): Promise<void>;
}

/** What the host offers to what adds triggers and bindings to it. */
export interface HostServices {
  /** Everything the app registered: hooks, and functions as it named them. */
  readonly registry: Registry;
  /** The app's functions that are not switched off. */
  readonly functions: readonly RegisteredFunction[];
  readonly invoke: Invoke;
  readonly settings: AppSettings;
  readonly host: HostSettings;
  /** The host's own durable store (timers); each extension makes its own tables. */
  readonly db: DatabaseSync;
  /** Folder for what an extension keeps in files of its own. */
  readonly state: string;
  readonly log: Log;
  /** Origin of the host as callers see it; known once it listens. */
  readonly origin: () => string;
}

/** One kind of trigger. */
export interface TriggerKind {
  /** Starts what calls the function; undefined for triggers that the front end serves. @throws Error at start. */
  listen?(one: RegisteredFunction): Listener;
  /** What a call by hand (`POST /admin/functions/NAME`) hands to the function; without it there is no such call. */
  byHand?(one: RegisteredFunction, input: string): Invocation;
}

/** Reads the value of an input binding; undefined where there is none. */
export type ReadInput = (
  binding: Binding,
  data: BindingData,
  one: RegisteredFunction,
) => Promise<TypedData | undefined>;

/** Delivers what a function gave an output binding; it is durable when this resolves. */
export type WriteOutput = (binding: Binding, data: BindingData, value: TypedData) => Promise<void>;

/** Answers a request that the host itself takes (`/admin`, `/runtime`); undefined: not one of those. */
export type HostRoute = (
  request: IncomingMessage,
  path: string,
  readBody: () => Promise<Buffer>,
) => Promise<HostReply | undefined>;

export interface HostReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A family of triggers and bindings, by the types that `@azure/functions` gives them, in lower case. */
export interface Extension {
  readonly triggers?: Readonly<Record<string, TriggerKind>>;
  readonly inputs?: Readonly<Record<string, ReadInput>>;
  readonly outputs?: Readonly<Record<string, WriteOutput>>;
  /** Checks a function's bindings at start. @throws Error that says what to change. */
  check?(one: RegisteredFunction): void;
  readonly route?: HostRoute;
  /** Starts what runs for all functions together, once the host answers. */
  start?(): Promise<Listener>;
  /** Ends what the extension opened, after the last invocation. */
  close?(): Promise<void>;
}

export type OpenExtension = (services: HostServices) => Extension;
