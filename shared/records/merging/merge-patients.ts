import type { Call, Ods } from '../../context.ts';
import { hasCode, WardlineError } from '../../errors.ts';
import { type CommitDependencies, commit } from '../commit.ts';
import type { Head } from '../documents.ts';
import { isToken } from '../ids.ts';
import { type ReadDependencies, read } from '../read.ts';
import type { Change, StoredResource } from '../records.ts';
import type { HeadMerge } from './merged.ts';
import { givenBack, restored, retired, survivor } from './merged-patients.ts';

type Dependencies = CommitDependencies & ReadDependencies;

const triesAtMost = 8;

/** See {@link Records.merge}. */
export async function mergePatients(
  deps: Dependencies,
  call: Call,
  trust: Ods,
  { source, target }: { readonly source: string; readonly target: string },
): Promise<{ session: string; merged: boolean }> {
  if (source === target)
    throw new WardlineError('business-rule', 'A patient is not merged with itself.', { expression: 'target-patient' });
  return inTurn(async () => {
    const [from, into] = [await readPatient(deps, call, trust, source), await readPatient(deps, call, trust, target)];
    // The same merge told a second time.
    if (from.head.mergedInto?.token === into.head.token) return { session: from.session, merged: false };
    const surviving = survivor(into.found.resource, from.found.resource);
    const { active } = from.found.resource;
    const wasActive = typeof active === 'boolean' ? { wasActive: active } : {};
    const { session } = await commit(
      deps,
      call,
      trust,
      [
        update(from.found, retired(from.found.resource, target), {
          kind: 'into',
          into: { token: into.head.token, patientId: target, ...wasActive },
        }),
        update(into.found, surviving.resource, {
          kind: 'takes',
          from: { token: from.head.token, patientId: source, identifiers: surviving.identifiers },
        }),
      ],
      { subtype: 'merge', action: 'U' },
    );
    return { session, merged: true };
  });
}

/** See {@link Records.unmerge}. */
export async function unmergePatient(
  deps: Dependencies,
  call: Call,
  trust: Ods,
  source: string,
): Promise<{ session: string; from: string }> {
  return inTurn(async () => {
    const from = await readPatient(deps, call, trust, source);
    const { mergedInto } = from.head;
    if (mergedInto === undefined) throw new WardlineError('conflict', 'The patient is not merged into another.');
    const target = mergedInto.patientId;
    const into = await readPatient(deps, call, trust, target);
    const taken = into.head.mergedFrom?.find(({ token }) => token === from.head.token);
    if (taken === undefined) throw new WardlineError('version-mismatch', 'The merge is being changed.');
    const { session } = await commit(
      deps,
      call,
      trust,
      [
        update(from.found, restored(from.found.resource, target, mergedInto.wasActive), {
          kind: 'restored',
          from: mergedInto.token,
        }),
        update(into.found, givenBack(into.found.resource, taken), { kind: 'gives', back: from.head.token }),
      ],
      { subtype: 'unmerge', action: 'U' },
    );
    return { session, from: target };
  });
}

/** Others may write the Patients meanwhile: then they are read again. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!hasCode(error, 'version-mismatch')) throw error;
      if (attempt === triesAtMost)
        throw new WardlineError('conflict', 'Too many writers at once: try again.', { retryAfter: 1, cause: error });
    }
  }
}

interface ReadPatient {
  readonly found: StoredResource;
  readonly session: string;
  readonly head: Head;
}

/** The Patient first: a head that is older than it would be an older state's. */
async function readPatient(deps: Dependencies, call: Call, trust: Ods, id: string): Promise<ReadPatient> {
  const { found, session } = await read(deps, call, trust, { type: 'Patient', id });
  const token = isToken(id) ? id : await deps.reader.locate(trust, { type: 'Patient', id });
  const head = token === undefined ? undefined : await deps.reader.head(trust, token);
  if (head === undefined) throw new WardlineError('not-found', 'There is no such patient.');
  return { found, session, head };
}

const update = ({ versionId }: StoredResource, resource: StoredResource['resource'], merge: HeadMerge): Change => {
  const { versionId: _, lastUpdated: _time, ...meta } = resource.meta ?? {};
  const { meta: _meta, ...rest } = resource;
  return {
    ...{ kind: 'update', type: 'Patient', id: resource.id ?? '', ifMatch: versionId, merge },
    resource: { ...rest, ...(Object.keys(meta).length === 0 ? {} : { meta }) } as StoredResource['resource'],
  };
};
