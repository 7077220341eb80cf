import type { Head, HeadContent } from '../documents.ts';
import { isMerged } from './merged.ts';

/** Nobody is merged from so many; it ends a walk through links that lead in a circle. */
const mostTogether = 50;

type Find = (token: string) => Promise<Head | undefined>;

/** All patients who were merged with one: the survivor first. */
async function groupOf(find: Find, head: Head): Promise<Head[]> {
  let root = head;
  for (let step = 0; root.mergedInto !== undefined && step < mostTogether; step++) {
    const above = await find(root.mergedInto.token);
    if (above === undefined) break;
    root = above;
  }
  const group = [root];
  for (let index = 0; index < group.length && group.length < mostTogether; index++) {
    for (const { token } of group[index]?.mergedFrom ?? []) {
      const below = token === head.token ? head : await find(token);
      if (below !== undefined) group.push(below);
    }
  }
  return group;
}

/**
 * A head with what holds for the patients whom it was merged with: they are one person, so whoever may see one may see all, and
 * what restricts one restricts all. The head itself where nobody was merged.
 */
export async function joinHeads(find: Find, head: Head): Promise<Head> {
  if (!isMerged(head)) return head;
  const group = await groupOf(find, head);
  const objections = group.flatMap((one) => one.objections ?? []);
  const emergencies = group.flatMap((one) => one.emergencies ?? []);
  const relations = group.flatMap((one) => one.relations ?? []);
  const joined: HeadContent = {
    ...head,
    placements: group.flatMap(({ placements }) => placements),
    ...(group.some(({ sealed }) => sealed) ? { sealed: true } : {}),
    ...(group.some(({ clinicians }) => clinicians) ? { clinicians: true } : {}),
    ...(group.some(({ spo2Scale }) => spo2Scale === 2) ? { spo2Scale: 2 } : {}),
    ...(objections.length === 0 ? {} : { objections }),
    ...(emergencies.length === 0 ? {} : { emergencies }),
    ...(relations.length === 0 ? {} : { relations }),
  };
  const { token, trust, wrappedKey, seq } = head;
  return {
    ...joined,
    ...{ token, trust, wrappedKey, seq },
    group: group.map((one) => ({ token: one.token, patientId: one.patientId })),
  };
}
