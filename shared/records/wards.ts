import type { Clock, Ods } from '../context.ts';
import type { Keyring } from '../keys/index.ts';
import type { Placement } from './documents.ts';
import { currentId } from './ids.ts';
import { wholePartitionOf } from './partition.ts';
import { isWard, type LocationLike, partOf } from './placements.ts';
import type { Reader } from './reader.ts';
import { unsealContent } from './sealing.ts';

/** From a bed, or a ward, to the ward and the bed. */
export interface Wards {
  /**
   * @param inCommit Locations of the same commit, by id
   * @returns undefined: the Location is unknown, or lies in no ward
   */
  find(
    trust: Ods,
    location: string,
    inCommit: ReadonlyMap<string, LocationLike>,
  ): Promise<Pick<Placement, 'ward' | 'bed'> | undefined>;
}

const rememberFor = 60_000;
/** bed < bay < ward, with two to spare */
const levels = 5;

export function createWards({ reader, keyring, clock }: { reader: Reader; keyring: Keyring; clock: Clock }): Wards {
  const remembered = new Map<string, { location: LocationLike; at: number }>();

  const load = async (trust: Ods, id: string): Promise<LocationLike | undefined> => {
    const name = `${trust}|${id}`;
    const now = clock.now().getTime();
    const known = remembered.get(name);
    if (known !== undefined && now - known.at < rememberFor) return known.location;
    const partition = wholePartitionOf(trust, 'Location') ?? '';
    const view = (await reader.together(partition, [currentId({ type: 'Location', id })])).views[0];
    if (view?.body.kind !== 'current') return undefined;
    const content = unsealContent(await keyring.trustKey(trust, 'reference'), partition, view.body);
    if (content === undefined) return undefined;
    const location: LocationLike = { ...content.resource, id };
    remembered.set(name, { location, at: now });
    return location;
  };

  return {
    async find(trust, start, inCommit) {
      let id: string | undefined = start;
      for (let level = 0; level < levels && id !== undefined; level++) {
        const location: LocationLike | undefined = inCommit.get(id) ?? (await load(trust, id));
        if (location === undefined) return undefined;
        if (isWard(location)) return { ward: id, ...(id === start ? {} : { bed: start }) };
        id = partOf(location);
      }
      return undefined;
    },
  };
}
