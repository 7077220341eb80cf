import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { appOf, temporaryApp } from '../local/functions/fixtures/temporary-app.ts';
import { compare, type LocalFigure } from './measure.ts';

const seconds = 6;
const rounds = 3;

const constant = `app.get('constant', { handler: async () => ({ jsonBody: { ok: true } }) });`;

/**
 * An HTTP function that answers a constant, buffered and streamed, beside a bare HTTP server that answers the same; each
 * in a process of its own.
 */
export async function benchLocalFunctions(): Promise<readonly LocalFigure[]> {
  const apps = {
    buffered: temporaryApp({ 'main.ts': appOf(constant) }),
    streamed: temporaryApp({ 'main.ts': appOf(`app.setup({ enableHttpStream: true });\n${constant}`) }),
  };
  const [buffered, streamed, floor] = await Promise.all([apps.buffered.start(), apps.streamed.start(), startFloor()]);
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  try {
    const figures: LocalFigure[] = [];
    for (const concurrency of [1, 16, 64]) {
      const measured = await compare(
        {
          floor: () => get(agent, floor.port),
          buffered: () => get(agent, buffered.port),
          streamed: () => get(agent, streamed.port),
        },
        { concurrency, seconds, rounds },
      );
      for (const name of ['buffered', 'streamed'] as const)
        figures.push({ operation: `HTTP function, ${name}`, ...measured[name], floor: measured.floor.perSecond });
    }
    return figures;
  } finally {
    agent.destroy();
    floor.stop();
    await Promise.all([buffered.stop(), streamed.stop()]);
    for (const app of Object.values(apps)) app.remove();
  }
}

/** One request. @throws Error when it is not answered with the constant */
function get(agent: Agent, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ agent, port, host: '127.0.0.1', path: '/constant' }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

async function startFloor(): Promise<{ readonly port: number; stop(): void }> {
  const script = fileURLToPath(new URL('./http-floor.ts', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { port: Number(line), stop: () => child.kill() };
}

if (import.meta.main) console.table(await benchLocalFunctions());
