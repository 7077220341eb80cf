import type { Access } from '../access/index.ts';
import type { Blobs } from '../azure/blobs.ts';
import type { Bus } from '../azure/bus.ts';
import type { Clock, Ids } from '../context.ts';
import type { Keyring } from '../keys/index.ts';
import type { Records } from '../records/index.ts';

/** What forms need of the rest. */
export interface FormDependencies {
  readonly records: Records;
  readonly keyring: Keyring;
  readonly access: Pick<Access, 'require'>;
  readonly bus: Bus;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly ids: Ids;
}
