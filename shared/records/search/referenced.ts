import type { Call, Ods } from '../../context.ts';
import { type Collection, collect } from '../collect.ts';
import type { Stageable, VersionDocument } from '../documents.ts';
import { currentId, headId, isFhirId, ofRef, patientInId } from '../ids.ts';
import { partitionOf, patientOf } from '../partition.ts';
import { isCompartmentType } from '../place.ts';
import type { Match, ResourceRef } from '../records.ts';
import { stoodAt } from '../stood-at.ts';
import { sorted } from './candidates.ts';
import { openMatches, type SearchDependencies } from './open-matches.ts';

/** Documents of one batch of Reads, and partitions read at a time. */
const readTogether = 48;
const partitionsTogether = 8;

/** `Type/id`; undefined: no reference to a resource of this server. */
export function refOf(target: string): ResourceRef | undefined {
  const [type = '', id = '', ...rest] = target.split('/');
  return rest.length === 0 && /^[A-Z][A-Za-z]+$/.test(type) && isFhirId(id) ? { type, id } : undefined;
}

/** The resources that references (`Type/id`) name, as far as they exist and the actor may see them. */
export async function referenced(
  deps: SearchDependencies,
  call: Call,
  trust: Ods,
  targets: Iterable<string>,
  at?: number,
): Promise<Match[]> {
  const refs = [...new Set(targets)].flatMap((target) => refOf(target) ?? []);
  const placed = await Promise.all(
    refs.map(async (ref) => ({ ref, partition: await partitionHolding(deps, trust, ref) })),
  );
  const byPartition = Map.groupBy(placed, ({ partition }) => partition ?? '');
  byPartition.delete('');
  if (byPartition.size === 0) return [];
  const parts = [...byPartition].map(([partition, list]) => ({ partition, refs: list.map(({ ref }) => ref) }));
  const collection: Collection = async () => {
    const found: (Stageable | VersionDocument)[] = [];
    for (let start = 0; start < parts.length; start += partitionsTogether)
      for (const some of await Promise.all(
        parts.slice(start, start + partitionsTogether).map((part) => readPart(deps, part.partition, part.refs, at)),
      ))
        found.push(...some);
    return { ...sorted(found), session: undefined };
  };
  const collected = await collect(deps.reader, () => deps.clock.now().getTime(), collection, call.session);
  const wanted = new Set(refs.map(({ type, id }) => `${type}/${id}`));
  const opened = await openMatches(deps, call, trust, collected, { at });
  return opened.filter(({ resource }) => wanted.has(`${resource.resourceType}/${resource.id}`));
}

async function partitionHolding(
  { reader }: SearchDependencies,
  trust: Ods,
  ref: ResourceRef,
): Promise<string | undefined> {
  const patient = patientInId(ref) ?? (isCompartmentType(ref.type) ? await reader.locate(trust, ref) : undefined);
  if (patient !== undefined) return partitionOf(trust, { patient });
  return ref.type === 'Patient' ? undefined : partitionOf(trust, ref);
}

async function readPart(
  { documents }: SearchDependencies,
  partition: string,
  refs: readonly ResourceRef[],
  at: number | undefined,
): Promise<(Stageable | VersionDocument)[]> {
  const found: (Stageable | VersionDocument)[] = [];
  for (let start = 0; start < refs.length; start += readTogether) {
    const some = refs.slice(start, start + readTogether);
    const ids = [...(patientOf(partition) === undefined ? [] : [headId]), ...some.map(currentId)];
    for (const each of await documents.readTogether<Stageable>(partition, ids))
      if (each !== undefined) found.push(each.document);
    if (at === undefined) continue;
    const names = some.map((_, index) => `@o${index}`);
    const { items } = await documents.query<VersionDocument>(
      `SELECT * FROM c WHERE ${stoodAt} AND c.of IN (${names.join(', ')})`,
      { at, ...Object.fromEntries(some.map((ref, index) => [`o${index}`, ofRef(ref)])) },
      { partition },
    );
    found.push(...items);
  }
  return found;
}
