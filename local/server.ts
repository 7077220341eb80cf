/** What every local server is started with. */
export interface ServerOptions {
  /** 0: any free port. */
  readonly port: number;
  /** A directory of its own; made if it is missing. */
  readonly state: string;
  readonly log?: (line: string) => void;
}

/** A server that answers. */
export interface RunningServer {
  readonly port: number;
  readonly endpoint: string;
  close(): Promise<void>;
}
