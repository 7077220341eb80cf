import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { readEndpoints, stateFolder } from './endpoints.ts';
import { drawTrace, type TraceSpan } from './trace-tree.ts';

/** `npm run trace -- ID`: prints the trace of a form (or of a trace id) as a tree with times, from the telemetry sink. */
interface Envelope {
  readonly time: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly data?: {
    readonly baseType?: string;
    readonly baseData?: {
      readonly id?: string;
      readonly name?: string;
      readonly duration?: string;
      readonly success?: boolean;
      readonly properties?: Readonly<Record<string, string>>;
    };
  };
}

const id = process.argv[2];
if (id === undefined || id.startsWith('--')) {
  console.error('Which form? Give its id: npm run trace -- 3f8k2m9q1c7d.01J…');
  process.exit(1);
}
const { telemetry } = readEndpoints();
/** The sink speaks TLS with this machine's own certificate. */
const ca = readFileSync(join(stateFolder(), 'tls', 'ca.pem'));
const ask = (query: string): Promise<Envelope[]> =>
  new Promise((resolve, reject) => {
    get(new URL(`/query?${query}`, telemetry.endpoint), { ca }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    }).on('error', reject);
  });

const traceOf = async (): Promise<string | undefined> => {
  if (/^[0-9a-f]{32}$/.test(id)) return id;
  return (await ask(`attribute=${encodeURIComponent(`form.id=${id}`)}`))[0]?.tags?.['ai.operation.id'];
};

const trace = await traceOf();
const envelopes = trace === undefined ? [] : await ask(`operation=${trace}`);
const spans = envelopes.flatMap((envelope) => toSpan(envelope) ?? []);
if (spans.length === 0) {
  console.error(`No trace of ${id} has arrived yet. Telemetry is sent a second or two after the work.`);
  process.exit(1);
}
console.log(`trace ${trace}\n${drawTrace(spans)}`);

function toSpan({ time, tags, data }: Envelope): TraceSpan | undefined {
  const { id: spanId, duration, success } = data?.baseData ?? {};
  // Of work that a message started, the exporter drops the name; the attribute has it.
  const name = data?.baseData?.name ?? data?.baseData?.properties?.['span.name'];
  if (spanId === undefined || name === undefined) return undefined;
  return {
    id: spanId,
    parentId: tags?.['ai.operation.parentId'],
    name,
    start: Date.parse(time),
    duration: milliseconds(duration ?? ''),
    success: success ?? true,
  };
}

/** `d.hh:mm:ss.fffffff` or `hh:mm:ss.fff` in milliseconds. */
function milliseconds(duration: string): number {
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] =
    /^(?:(\d+)\.)?(\d+):(\d+):([\d.]+)$/.exec(duration) ?? [];
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
