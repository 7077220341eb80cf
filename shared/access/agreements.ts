import type { Documents } from '../azure/documents.ts';
import type { Clock, Ods, Role } from '../context.ts';

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

interface AgreementDocument extends Agreement {
  readonly id: string;
}

/** Milliseconds: that long an agreement that was ended may still count. */
const keptFor = 30_000;
/** Milliseconds: where there is none, one may be made any moment; and who asks in vain must not make each request cost a trip. */
const missingKeptFor = 1_000;
const maximumKept = 1_000;

const partitionOf = (owner: Ods): string => `${owner}|Agreement|0`;
const idOf = (other: Ods): string => `agreement|${other}`;

export function createAgreements(records: () => Documents, clock: Clock): Agreements {
  const kept = new Map<string, { readonly found: Promise<Agreement | undefined>; until: number }>();

  /** From the primary replica: a lagging one would go on with an agreement that was ended. */
  const read = async (owner: Ods, other: Ods): Promise<Agreement | undefined> => {
    const [found] = await records().readTogether<AgreementDocument>(partitionOf(owner), [idOf(other)]);
    return found === undefined ? undefined : agreementIn(found.document);
  };

  return {
    between(owner, other) {
      const key = JSON.stringify([owner, other]);
      const now = clock.now().getTime();
      const known = kept.get(key);
      if (known !== undefined && now < known.until) return known.found;
      if (kept.size >= maximumKept) kept.clear();
      const entry = { found: read(owner, other), until: now + keptFor };
      kept.set(key, entry);
      entry.found.then(
        (found) => {
          if (found === undefined) entry.until = now + missingKeptFor;
        },
        () => {
          entry.until = now;
        },
      );
      return entry.found;
    },
    async of(owner) {
      const { items } = await records().query<AgreementDocument>(
        "SELECT * FROM c WHERE c.kind = 'agreement'",
        {},
        { partition: partitionOf(owner) },
      );
      return items.map(agreementIn).sort((a, b) => a.with.localeCompare(b.with));
    },
    async make(owner, agreement) {
      const partition = partitionOf(owner);
      const document = { id: idOf(agreement.with), partition, kind: 'agreement', trust: owner, ...agreement };
      await records().batch(partition, [{ op: 'upsert', document }]);
      kept.clear();
    },
    async end(owner, other) {
      const outcome = await records().batch(partitionOf(owner), [{ op: 'delete', id: idOf(other) }]);
      kept.clear();
      return outcome.ok;
    },
  };
}

const agreementIn = ({ with: other, roles, types, purpose, until }: Agreement): Agreement => ({
  with: other,
  roles,
  types,
  purpose,
  until,
});
