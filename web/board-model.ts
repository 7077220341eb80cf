/** What `GET /boards/{ward}` answers. */
export interface Board {
  readonly ward: string;
  readonly version: number;
  readonly asOf: string;
  readonly mode: string;
  readonly beds: readonly Bed[];
}

export interface Bed {
  readonly bed: string;
  readonly state: string;
  readonly encounter?: string;
  readonly patient?: { readonly id?: string; readonly label: string; readonly age?: number; readonly sex?: string };
  readonly news2?: News2;
  /** Somebody is there whose record the viewer may not open. */
  readonly restricted?: boolean;
}

export interface News2 {
  readonly total: number;
  readonly complete: boolean;
  readonly singleParameter: boolean;
  readonly observedAt: string;
  readonly trend?: string;
}

/** Royal College of Physicians, NEWS2 (2017): 7 or more, 5 to 6 or a single parameter of 3, 1 to 4, 0. */
export type Risk = 'high' | 'medium' | 'low-medium' | 'low' | 'none' | 'incomplete';

export function riskOf(news2: News2): Risk {
  if (news2.total >= 7) return 'high';
  if (news2.total >= 5) return 'medium';
  if (news2.singleParameter) return 'low-medium';
  if (!news2.complete) return 'incomplete';
  return news2.total >= 1 ? 'low' : 'none';
}

/** How long ago, in words short enough for a wall: "just now", "12 min", "3 h 05". */
export function ageOf(moment: string, now: number): string {
  const minutes = Math.max(0, Math.floor((now - Date.parse(moment)) / 60_000));
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')}`;
  return `${Math.floor(minutes / 1440)} d`;
}
