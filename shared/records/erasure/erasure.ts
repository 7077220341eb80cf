import type { Actor, Ods } from '../../context.ts';

/** Why the law asks for it. A code, so that no words about the patient outlast the record. */
export const erasureReasons = ['data-subject-request', 'court-order', 'recorded-in-error'] as const;
export type ErasureReason = (typeof erasureReasons)[number];

/** What somebody asks to erase, and who agreed. It stays when the record is gone; it holds ids only. */
export interface ErasureRequest {
  /** A ULID. */
  readonly id: string;
  readonly trust: Ods;
  /** Token. */
  readonly patient: string;
  readonly reason: ErasureReason;
  /** Number of the case in the trust's files. */
  readonly reference: string;
  readonly requestedBy: string;
  /** RFC 3339. */
  readonly requestedAt: string;
  readonly approvedBy?: string;
  readonly approvedAt?: string;
  readonly erasedAt?: string;
}

/** Content that lies outside the patient's record, and is only named in it. */
export interface Attachments {
  /** Contents (blobs) of the record's own Binaries: they are gone. */
  readonly erased: number;
  /** Binaries that the record names and that are not of it: somebody has to look at them. */
  readonly remaining: readonly string[];
}

/**
 * Erasing a patient's record: two people ask for it, then the patient's key is destroyed, then what it sealed and what it was
 * found by goes. Each step may be done twice.
 */
export interface RecordErasure {
  /**
   * @param patient id of the Patient
   * @throws WardlineError `not-found`, `gone`, and `business-rule` while the patient is on a ward
   */
  request(
    actor: Actor,
    patient: string,
    why: { readonly reason: ErasureReason; readonly reference: string },
  ): Promise<ErasureRequest>;
  /** @throws WardlineError `not-found`, `forbidden` for who asked for it, `business-rule` as for the request */
  approve(actor: Actor, id: string): Promise<ErasureRequest>;
  find(trust: Ods, id: string): Promise<ErasureRequest | undefined>;
  /** First, while the record can still be opened. */
  eraseAttachments(trust: Ods, token: string): Promise<Attachments>;
  /** From here on nobody opens anything of the record; others are told that the Patient is gone. */
  destroyKey(trust: Ods, token: string, traceparent: string): Promise<void>;
  /** Takes away what the key had sealed, and what led to it. @returns how many documents */
  sweep(trust: Ods, token: string): Promise<number>;
  /** Says that nothing is left. */
  close(trust: Ods, id: string): Promise<void>;
}
