import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

const script = readFileSync(createRequire(import.meta.url).resolve('fhirclient/build/fhir-client.js'));

/** A page of an app that is served at an origin of its own. */
export interface SmartAppPage {
  readonly address: string;
  close(): void;
}

/**
 * A SMART app as its makers would write it, with their `fhirclient`. `#result` ends with what it was shown, or with the error.
 * @param standalone the FHIR server that it asks for; undefined: the one that launched it says
 */
export async function serveSmartApp(scope: string, standalone?: string): Promise<SmartAppPage> {
  let page = '';
  const server = createServer((request, response) => {
    const isScript = request.url === '/fhir-client.js';
    response
      .writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' })
      .end(isScript ? script : page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A test that fails before it closes the app ends all the same.
  server.unref();
  const address = `http://localhost:${(server.address() as AddressInfo).port}/`;
  const settings = { clientId: 'smart-app', scope, redirectUri: address, ...(standalone && { iss: standalone }) };
  page = `<!doctype html><title>App</title><pre id="result"></pre><script src="/fhir-client.js"></script><script>
const show = (what) => { document.getElementById('result').textContent = JSON.stringify(what); };
const tried = (work) => work.then((value) => value, (error) => ({ status: error.statusCode ?? error.status, message: String(error) }));
(async () => {
  const client = await FHIR.oauth2.init(${JSON.stringify(settings)});
  const patient = await client.patient.read();
  const measured = await tried(client.patient.request('Observation'));
  const others = await tried(client.request('Patient?_count=50'));
  const flag = { resourceType: 'Flag', status: 'active', code: { text: 'x' }, subject: { reference: 'Patient/' + patient.id } };
  const written = await tried(client.create(flag));
  show({ patient: patient.id, context: client.patient.id, scope: client.state.tokenResponse.scope, measured, others, written });
})().catch((error) => show({ error: String(error) }));
</script>`;
  return {
    address,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
