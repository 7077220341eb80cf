import { SpanKind as Kind, ROOT_CONTEXT, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import type { SpanKind, SpanRecord } from './span-record.ts';
import type { TelemetrySink } from './telemetry.ts';

const kinds: Record<SpanKind, Kind> = {
  server: Kind.SERVER,
  client: Kind.CLIENT,
  producer: Kind.PRODUCER,
  consumer: Kind.CONSUMER,
  internal: Kind.INTERNAL,
};

/**
 * Loads Application Insights (about a second, so call it after the first answers) and returns the way in. All automatic
 * instrumentation stays off: it would record URLs with query strings.
 * @param connectionString of the Application Insights resource.
 */
export async function loadApplicationInsights(connectionString: string): Promise<TelemetrySink> {
  const insights = await import('applicationinsights');
  const off = { enabled: false };
  insights.useAzureMonitor({
    azureMonitorExporterOptions: { connectionString, disableOfflineStorage: true },
    samplingRatio: 1,
    tracesPerSecond: 0,
    enableLiveMetrics: false,
    enableStandardMetrics: false,
    enablePerformanceCounters: false,
    enableAutoCollectExceptions: false,
    instrumentationOptions: {
      http: off,
      azureSdk: off,
      mongoDb: off,
      mySql: off,
      postgreSql: off,
      redis: off,
      redis4: off,
    },
  });
  const client = new insights.TelemetryClient(connectionString);
  return {
    send: (spans) => spans.forEach(emit),
    log: ({ name, id, level, text, attributes }) =>
      client.trackTrace({ message: text, severity: level, properties: { name, id, ...attributes } }),
    flush: () => insights.flushAzureMonitor(),
  };
}

/**
 * Emits a span that is already over, under the ids that it had when its children and messages went out. The SDK
 * chooses an id at `startSpan`; the context object is the span's own and is corrected before `end` reads it.
 */
function emit(record: SpanRecord): void {
  const parent = record.parentSpanId && {
    traceId: record.traceId,
    spanId: record.parentSpanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  };
  const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
  const span = trace.getTracer('wardline').startSpan(
    record.name,
    {
      kind: kinds[record.kind],
      startTime: record.startTime,
      attributes: { ...record.attributes, 'span.name': record.name },
    },
    context,
  );
  Object.assign(span.spanContext(), { traceId: record.traceId, spanId: record.spanId });
  span.setStatus({ code: record.failed ? SpanStatusCode.ERROR : SpanStatusCode.OK });
  span.end(record.endTime);
}
