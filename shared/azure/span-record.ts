/** What a span is to the one it continues (https://opentelemetry.io/docs/specs/otel/trace/api/#spankind). */
export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

/** A finished piece of work. Times are milliseconds since 1970, with fractions. */
export interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTime: number;
  readonly endTime: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly failed: boolean;
}
