import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { type LogName, logLines } from './log-lines.ts';
import type { SpanKind, SpanRecord } from './span-record.ts';
import { formatTraceparent, parseTraceparent, type TraceContext } from './traceparent.ts';

/** Values that may be recorded: ids, counts, codes. Never names, numbers that identify a patient, or query strings. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A piece of work that is being timed. */
export interface Span {
  /** To hand on to whatever continues the trace. */
  readonly traceparent: string;
  set(name: string, value: string | number | boolean): void;
}

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** traceparent that the work continues; without one, the span around it; else a new trace begins. */
  readonly parent?: string | undefined;
  readonly attributes?: Attributes;
}

/** Times work and tells what happened. */
export interface Telemetry {
  span<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
  /** One line of the catalogue; alerts and dashboards find it by its id. */
  event(name: LogName, attributes?: Attributes): void;
  /** Sends what is waiting; used at shutdown and by tests. */
  flush(): Promise<void>;
}

/** Where finished spans and log lines go. Loading it is slow, so that happens after the first answers. */
export interface TelemetrySink {
  send(spans: readonly SpanRecord[]): void;
  log(line: {
    name: string;
    id: number;
    level: string;
    text: string;
    attributes: Attributes;
    traceparent?: string;
  }): void;
  flush(): Promise<void>;
}

/** At most so many spans wait for the sink: a bound on memory when it cannot be loaded. */
const maximumWaiting = 20_000;
const loadAfter = 1_500;

/**
 * @param load opens the sink; undefined when telemetry is switched off.
 * @param write prints a log line where the host collects them.
 */
export function createTelemetry(options: {
  load: (() => Promise<TelemetrySink>) | undefined;
  write: (level: string, line: string) => void;
}): Telemetry {
  const current = new AsyncLocalStorage<TraceContext>();
  const waiting: SpanRecord[] = [];
  let sink: Promise<TelemetrySink> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const drain = async (): Promise<void> => {
    if (options.load === undefined) return;
    sink ??= options.load();
    const open = await sink;
    open.send(waiting.splice(0));
  };
  const schedule = (): void => {
    if (timer !== undefined || options.load === undefined) return;
    const wait = sink === undefined ? loadAfter : 200;
    timer = setTimeout(() => {
      timer = undefined;
      drain().catch(() => {
        // Telemetry never breaks care: without a sink the lines on standard output remain.
        sink = undefined;
      });
    }, wait);
    timer.unref();
  };
  const finish = (record: SpanRecord): void => {
    if (options.load === undefined) return;
    if (waiting.length >= maximumWaiting) waiting.shift();
    waiting.push(record);
    schedule();
  };

  return {
    async span(name, { kind = 'internal', parent, attributes = {} }, work) {
      const from = parseTraceparent(parent) ?? current.getStore();
      const context = { traceId: from?.traceId ?? hex(16), spanId: hex(8) };
      const collected: Record<string, string | number | boolean> = { ...attributes };
      const startTime = performance.timeOrigin + performance.now();
      let failed = true;
      try {
        const result = await current.run(context, () =>
          work({
            traceparent: formatTraceparent(context),
            set: (key, value) => Object.assign(collected, { [key]: value }),
          }),
        );
        failed = false;
        return result;
      } finally {
        finish({
          ...context,
          parentSpanId: from?.spanId,
          name,
          kind,
          startTime,
          endTime: performance.timeOrigin + performance.now(),
          attributes: collected,
          failed,
        });
      }
    },
    event(name, attributes = {}) {
      const { id, level, text } = logLines[name];
      const context = current.getStore();
      options.write(
        level,
        JSON.stringify({ ...attributes, id, name, text, ...(context && { trace: context.traceId }) }),
      );
      if (sink === undefined) return;
      const traceparent = context && formatTraceparent(context);
      void sink.then((open) => open.log({ name, id, level, text, attributes, ...(traceparent && { traceparent }) }));
    },
    async flush() {
      await drain();
      await (await sink)?.flush();
    },
  };
}

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
