import { randomBytes } from 'node:crypto';
import { type Access, createAccess } from '../shared/access/index.ts';
import { type Audit, createAudit } from '../shared/audit/index.ts';
import { type Azure, connectAzure } from '../shared/azure/index.ts';
import { type Boards, createBoards } from '../shared/boards/index.ts';
import { systemClock } from '../shared/clock.ts';
import type { Config } from '../shared/config.ts';
import type { Clock, Ids } from '../shared/context.ts';
import { createEvents, type Events } from '../shared/events/index.ts';
import { createValidate, type Validate } from '../shared/fhir/index.ts';
import { createForms, type Forms } from '../shared/forms/index.ts';
import { createHttp, type Http } from '../shared/http.ts';
import { createIds } from '../shared/ids.ts';
import { createKeyRotation, createKeyring, type KeyRotation, type Keyring } from '../shared/keys/index.ts';
import {
  createRecordErasure,
  createRecordRotation,
  createRecords,
  type RecordErasure,
  type RecordRotation,
  type Records,
} from '../shared/records/index.ts';

/** Everything a function may call, put together once a process. Nothing here has touched the network yet. */
export interface App extends Azure {
  readonly config: Config;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyring: Keyring;
  readonly keyRotation: KeyRotation;
  readonly access: Access;
  readonly audit: Audit;
  readonly records: Records;
  readonly recordErasure: RecordErasure;
  readonly recordRotation: RecordRotation;
  readonly forms: Forms;
  readonly boards: Boards;
  readonly events: Events;
  readonly http: Http;
  readonly validateResource: Validate;
}

/** The composition root: the one place where areas meet their clients. */
export function composeApp(config: Config): App {
  const clock = systemClock;
  const ids = createIds(clock);
  const azure = connectAzure(config);
  const { documents, vault, bus, pubsub, eventGrid, blobs, telemetry } = azure;
  const keyring = createKeyring({ vault, documents: documents('keys'), clock });
  const keyRotation = createKeyRotation({ vault, documents: documents('keys'), clock, random: randomBytes });
  const access = createAccess({ identity: config.identity, documents, clock });
  const records = createRecords({ documents, keyring, access, blobs, clock, ids });
  const recordErasure = createRecordErasure({ documents, keyring, blobs, clock, ids });
  const recordRotation = createRecordRotation({ documents, keyring, clock, ids });
  const audit = createAudit({ bus, documents, blobs, signer: vault, outbox: records, telemetry, ids });
  const forms = createForms({ records, keyring, access, bus, blobs, clock, ids });
  const boards = createBoards({ documents, records, keyring, pubsub, access, clock, telemetry });
  const events = createEvents({ records, bus, eventGrid, blobs, clock, ids, telemetry });
  const http = createHttp({ access, audit, clock, ids, telemetry });
  const validateResource = createValidate(config.requiredProfiles);
  return {
    ...azure,
    config,
    clock,
    ids,
    keyring,
    keyRotation,
    access,
    audit,
    records,
    recordErasure,
    recordRotation,
    forms,
    boards,
    events,
    http,
    validateResource,
  };
}
