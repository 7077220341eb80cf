import { createRequire } from 'node:module';

/**
 * The parts of rhea that a broker needs and its typings leave out. rhea is made for clients; as a server some of its
 * inner workings must be steered (delayed attach, drain, dispositions, raw messages).
 */
export interface RheaDelivery {
  readonly id: number;
  readonly link: RheaLink;
  readonly remote_state?: {
    readonly error?: unknown;
    readonly undeliverable_here?: boolean;
    readonly message_annotations?: unknown;
    readonly value?: readonly { readonly value?: unknown }[];
  };
  readonly state?: unknown;
  remote_settled: boolean;
  settled: boolean;
  update(settled: boolean, state: unknown): void;
}
export interface RheaSession {
  readonly connection: RheaConnection;
  readonly links: Record<string, RheaLink>;
  readonly local: { readonly handles: Record<number, RheaLink> };
  readonly remote: { readonly handles: Record<number, RheaLink> };
  readonly incoming: { updated: RheaDelivery[]; process(session: RheaSession): void };
  readonly outgoing: {
    pending_dispositions: RheaDelivery[];
    readonly next_delivery_id: number;
    readonly next_pending_delivery: number;
    available(): number;
    process(): void;
  };
  output(frame: unknown): void;
  create_sender(name: string): RheaLink;
  create_receiver(name: string): RheaLink;
  on_attach(frame: { performative: { name: string; role: boolean; handle: number } }): void;
  on_transfer(frame: { performative: { handle: number }; payload?: Uint8Array }): void;
  remove_link(link: RheaLink): void;
}
export interface RheaConnection {
  readonly local_channel_map: Readonly<Record<string, RheaSession>>;
  readonly sasl_transport?: { readonly selected?: RheaSasl } & RheaSasl;
  readonly frame_size?: number;
  readonly socket: { destroy?(): void; end(): void };
  accept(socket: unknown): void;
  input(bytes: Uint8Array): void;
  is_open(): boolean;
  _register(): void;
}
interface RheaSasl {
  readonly mechanism?: SaslMechanism;
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
  readonly local: { readonly handle: number; readonly attach: Record<string, unknown> };
  readonly remote: { handle: number; attach: unknown };
  credit: number;
  delivery_count: number;
  _draining: boolean;
  _drained: boolean;
  _get_drain: (() => boolean) | undefined;
  _process?: () => void;
  _incomplete?: unknown;
  is_open(): boolean;
  is_sender(): boolean;
  is_receiver(): boolean;
  on_attach(frame: unknown): void;
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
interface RheaReader {
  read(): Typed;
  read_array_items(count: number, type: { readonly width: number }): unknown[];
}
interface RheaTypes {
  readonly Reader: { new (bytes: Uint8Array): RheaReader; readonly prototype: RheaReader };
  readonly Writer: new () => { write(typed: unknown): void; toBuffer(): Buffer };
  wrap(value: unknown): Typed;
  wrap_string(value: string): Typed;
  wrap_symbol(value: string): Typed;
  wrap_ulong(value: number | Buffer): Typed;
  wrap_long(value: number | Buffer): Typed;
  wrap_int(value: number): Typed;
  wrap_uuid(value: Uint8Array): Typed;
  wrap_binary(value: Uint8Array): Typed;
  wrap_timestamp(value: number): Typed;
  wrap_list(values: readonly unknown[]): Typed;
  wrap_array(values: readonly unknown[], code: number): Typed;
  described(descriptor: Typed, value: unknown): unknown;
}
/** A whole request as rhea reads it. */
export interface AmqpRequest {
  readonly message_id?: unknown;
  readonly reply_to?: string;
  readonly application_properties?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}
interface RheaMessage {
  decode(bytes: Buffer): AmqpRequest;
  accepted(): { described(): unknown };
  rejected(fields: object): { described(): unknown };
}
export interface RheaContainer {
  sasl_server_mechanisms: Record<string, () => SaslMechanism>;
  on(event: string, handler: (context: RheaContext) => void): void;
  create_connection(options: object): RheaConnection;
  websocket_accept(socket: unknown, options: object): void;
}

const require = createRequire(import.meta.url);
const rhea = require('rhea') as {
  types: RheaTypes;
  message: RheaMessage;
  create_container(options: object): RheaContainer;
};

export const { types, message } = rhea;
export const frames = require('rhea/lib/frames.js') as { disposition(fields: object): unknown };
export const createContainer = (options: object): RheaContainer => rhea.create_container(options);

/** Reads a whole message. */
export const decodeMessage = message.decode;
// The broker passes bodies on untouched, so links get raw bytes and read what they need themselves.
message.decode = (bytes) => bytes as unknown as AmqpRequest;

/** An encoding of what rhea has read, with the types it had; or of a plain value. */
export function encodeTyped(value: unknown): Buffer {
  const writer = new types.Writer();
  writer.write(value);
  return Buffer.from(writer.toBuffer());
}

const mostItems = 65_536;
const readItems = types.Reader.prototype.read_array_items;
// Items without width need no bytes: a few bytes could announce billions of them.
types.Reader.prototype.read_array_items = function bounded(this: RheaReader, count, type) {
  if (count > mostItems) throw new RangeError(`An array announces ${count} items.`);
  return readItems.call(this, count, type);
};
