import type { Call, Ods } from '../context.ts';
import type { RecordedChange } from '../records/index.ts';
import type { BoardRead } from './read-board.ts';
import type { WardRebuilt } from './rebuild-ward.ts';

/** A commit as the topic tells it: ids and versions, never content. */
export interface RecordsChanged {
  /** Id of the outbox entry. */
  readonly id: string;
  readonly trust: Ods;
  /** RFC 3339. */
  readonly committedAt: string;
  readonly changes: readonly RecordedChange[];
}

/** What tells the boards' viewers to look again; holds no patient data. */
export interface Hint {
  readonly ward: string;
  readonly version: number;
  /** RFC 3339: when the record changed. */
  readonly committedAt: string;
  /** W3C trace id. */
  readonly trace: string;
}

/** Ward boards: a projection of the record, one a ward. */
export interface Boards {
  /**
   * @param ifNoneMatch of the request; when the board is still the one named, `board` is missing
   * @throws WardlineError `forbidden`; `not-found` when the trust has no such ward
   */
  read(call: Call, ward: string, ifNoneMatch: string | null): Promise<BoardRead>;
  /** Where to listen for hints about a ward. @throws WardlineError `forbidden` */
  connect(call: Call, ward: string): Promise<{ url: string; protocol: string; group: string }>;
  /**
   * Brings the boards in line with the record after a commit, and hints at what changed.
   * @param redelivered the event was delivered before: whoever took it may have died before the hint
   * @throws WardlineError `unavailable` when the record that answers is older than the event
   */
  project(changed: RecordsChanged, redelivered?: boolean): Promise<void>;
  /** Wards to rebuild: those that have a board, and those among the trust's Locations. */
  wards(trust: Ods): Promise<string[]>;
  /** Computes every tile of a ward anew; doing it twice is harmless. */
  rebuildWard(trust: Ods, ward: string): Promise<WardRebuilt>;
  /** Takes a patient whose record was erased off every board, and out of what they showed before. */
  erase(trust: Ods, patient: string): Promise<void>;
  /** Seals all tiles of a trust with its present key. @returns how many were sealed with another */
  reseal(trust: Ods): Promise<number>;
}
