import { createRequire } from 'node:module';

/**
 * The parts of rhea that a broker needs and its typings leave out. rhea is made for clients; as a server some of its
 * inner workings must be steered (delayed attach, drain, raw messages).
 */
export interface RheaDelivery {
  readonly id: number;
  readonly remote_state?: {
    readonly error?: unknown;
    readonly undeliverable_here?: boolean;
    readonly message_annotations?: unknown;
    readonly value?: readonly { readonly value?: unknown }[];
  };
  remote_settled: boolean;
  settled: boolean;
  update(settled: boolean, state: unknown): void;
}
export interface RheaSession {
  readonly links: Readonly<Record<string, RheaLink>>;
  readonly outgoing: { readonly next_delivery_id: number; readonly next_pending_delivery: number; available(): number };
}
export interface RheaConnection {
  readonly hostname: string;
  readonly local_channel_map: Readonly<Record<string, RheaSession>>;
  readonly sasl_transport?: { readonly selected?: SaslMechanism; readonly mechanism?: SaslMechanism };
  _register(): void;
}
export interface SaslMechanism {
  outcome: boolean | undefined;
  authorizes?: boolean;
  start(response?: Uint8Array): void;
}
export interface Terminus {
  readonly address?: string;
  readonly filter?: Readonly<Record<string, unknown>>;
}
export interface RheaLink {
  readonly name: string;
  readonly connection: RheaConnection;
  readonly session: RheaSession;
  readonly source?: Terminus;
  readonly target?: Terminus;
  readonly snd_settle_mode: number;
  readonly rcv_settle_mode: number;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly local: { readonly attach: Record<string, unknown> };
  credit: number;
  delivery_count: number;
  _draining: boolean;
  _drained: boolean;
  _get_drain: (() => boolean) | undefined;
  _process?: () => void;
  is_open(): boolean;
  is_sender(): boolean;
  is_receiver(): boolean;
  set_source(terminus: object): void;
  set_target(terminus: object): void;
  set_drained(drained: boolean): void;
  send(message: unknown, tag?: Uint8Array, format?: number): RheaDelivery;
  close(error?: unknown): void;
}
export interface RheaContext {
  readonly connection: RheaConnection;
  readonly session: RheaSession;
  readonly receiver: RheaLink;
  readonly sender: RheaLink;
  readonly delivery: RheaDelivery;
  readonly message: Buffer;
  readonly format?: number;
}
export interface Typed {
  readonly type: unknown;
  readonly value: unknown;
}
interface RheaTypes {
  readonly Reader: new (bytes: Uint8Array) => { read(): Typed };
  readonly Writer: new () => { write(typed: unknown): void; toBuffer(): Buffer };
  readonly Map32: (items: readonly unknown[]) => unknown;
  readonly List32: (items: readonly unknown[]) => unknown;
  wrap(value: unknown): Typed;
  wrap_string(value: string): Typed;
  wrap_symbol(value: string): Typed;
  wrap_ulong(value: number): Typed;
  wrap_long(value: number | Buffer): Typed;
  wrap_int(value: number): Typed;
  wrap_uuid(value: Uint8Array): Typed;
  wrap_timestamp(value: number): Typed;
  wrap_array(values: readonly unknown[], code: number): Typed;
  wrap_symbolic_map(map: object): Typed;
  described(descriptor: Typed, value: unknown): unknown;
}
/** What a message carries besides its body, as rhea reads it. */
export interface MessageHead {
  readonly message_id?: unknown;
  readonly correlation_id?: unknown;
  readonly group_id?: string;
  readonly reply_to?: string;
  readonly ttl?: number;
  readonly priority?: number;
  readonly delivery_count?: number;
  readonly application_properties?: Readonly<Record<string, unknown>>;
  readonly message_annotations?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}
interface RheaMessage {
  decode(bytes: Buffer): MessageHead;
  header(fields: object): { described(): unknown };
  accepted(): { described(): unknown };
  rejected(fields: object): { described(): unknown };
}
export interface RheaContainer {
  sasl_server_mechanisms: Record<string, () => SaslMechanism>;
  on(event: string, handler: (context: RheaContext) => void): void;
  listen(options: object): import('node:net').Server;
}

const rhea = createRequire(import.meta.url)('rhea') as {
  types: RheaTypes;
  message: RheaMessage;
  create_container(options: object): RheaContainer;
};

export const { types, message } = rhea;
export const createContainer = (options: object): RheaContainer => rhea.create_container(options);

/** Reads a whole message. */
export const decodeMessage = message.decode;
// The broker passes bodies on untouched, so links get raw bytes and read what they need themselves.
message.decode = (bytes) => bytes as unknown as MessageHead;
