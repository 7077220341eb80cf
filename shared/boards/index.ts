export type { Board, BoardBed } from './board.ts';
export type { Boards, Hint, RecordsChanged } from './boards.ts';
export { compareBoards } from './compare-boards.ts';
export { createBoards } from './create-boards.ts';
export type { BoardRead } from './read-board.ts';
export { readRecordsChanged } from './read-records-changed.ts';
export type { WardRebuilt } from './rebuild-ward.ts';
export { viewingSessionId } from './viewing-session.ts';
