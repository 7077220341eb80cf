import type { Documents } from '../azure/documents.ts';
import type { Clock, Ods, Role } from '../context.ts';
import { WardlineError } from '../errors.ts';

/** What a trust lets another trust's staff read. It stands with the trust whose records they are. */
export interface Agreement {
  /** The other trust. */
  readonly with: Ods;
  readonly roles: readonly Role[];
  readonly types: readonly string[];
  /** HL7 v3 ActReason, PurposeOfUse. */
  readonly purpose: string;
  /** RFC 3339, UTC. */
  readonly until: string;
}

/** The agreements that each trust made, kept for a while. */
export interface Agreements {
  /** What a trust lets another one read; undefined: nothing. */
  between(owner: Ods, other: Ods): Promise<Agreement | undefined>;
  /** All that a trust made, those that ran out among them. */
  of(owner: Ods): Promise<readonly Agreement[]>;
  make(owner: Ods, agreement: Agreement): Promise<void>;
  /** Answers whether there was one. */
  end(owner: Ods, other: Ods): Promise<boolean>;
}

/** All agreements of a trust: one document, so that a read from the primary replica shows all of them as they are. */
interface AgreementsDocument {
  readonly id: string;
  readonly agreements: readonly Agreement[];
}

/** Milliseconds: that long an agreement that was ended may still count. */
const keptFor = 30_000;
/** Milliseconds: where there is none, one may be made any moment; and who asks in vain must not make each request cost a trip. */
const missingKeptFor = 1_000;
const maximumKept = 1_000;
/** Operators who change agreements at the same moment. */
const attemptsAtMost = 5;

const partitionOf = (owner: Ods): string => `${owner}|Agreement|0`;
const documentId = 'agreements';

export function createAgreements(records: () => Documents, clock: Clock): Agreements {
  const kept = new Map<string, { readonly found: Promise<Agreement | undefined>; until: number }>();

  const stored = async (owner: Ods) =>
    (await records().readTogether<AgreementsDocument>(partitionOf(owner), [documentId]))[0];
  const all = async (owner: Ods): Promise<readonly Agreement[]> => (await stored(owner))?.document.agreements ?? [];

  const change = async (owner: Ods, to: (before: readonly Agreement[]) => readonly Agreement[]): Promise<void> => {
    const partition = partitionOf(owner);
    for (let attempt = 0; attempt < attemptsAtMost; attempt++) {
      const before = await stored(owner);
      const agreements = to(before?.document.agreements ?? []);
      const document = { id: documentId, partition, kind: 'agreements', trust: owner, agreements };
      const { ok } = await records().batch(partition, [
        before === undefined
          ? { op: 'create', document }
          : { op: 'replace', id: documentId, document, ifMatch: before.etag },
      ]);
      if (!ok) continue;
      kept.clear();
      return;
    }
    throw new WardlineError('conflict', 'Others change the agreements at this moment: try again.', { retryAfter: 1 });
  };

  return {
    between(owner, other) {
      const key = JSON.stringify([owner, other]);
      const now = clock.now().getTime();
      const known = kept.get(key);
      if (known !== undefined && now < known.until) return known.found;
      if (kept.size >= maximumKept) kept.clear();
      const found = all(owner).then((agreements) => agreements.find((one) => one.with === other));
      const entry = { found, until: now + keptFor };
      kept.set(key, entry);
      found.then(
        (agreement) => {
          if (agreement === undefined) entry.until = now + missingKeptFor;
        },
        () => {
          entry.until = now;
        },
      );
      return found;
    },
    of: all,
    make: (owner, agreement) =>
      change(owner, (before) =>
        [...before.filter((one) => one.with !== agreement.with), agreement].sort((a, b) =>
          a.with.localeCompare(b.with),
        ),
      ),
    async end(owner, other) {
      const isMade = (await all(owner)).some((one) => one.with === other);
      if (isMade) await change(owner, (before) => before.filter((one) => one.with !== other));
      return isMade;
    },
  };
}
