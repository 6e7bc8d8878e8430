/** A replicated log as the benchmarks of logs see it: ours and each peer's, in a process of its own. */
export interface Log {
  /** Make a new log in this process's folder. Gives what another process needs to find it. */
  create(): Promise<string>
  /** Append one entry; resolves when the log says that it has it. */
  append(entry: Uint8Array): Promise<unknown>
  /** Get ready to receive a log: a connection to who has it, nothing of the log itself. */
  connect(where: string): Promise<void>
  /** Receive it; resolves when this process has stored `count` entries. */
  follow(where: string, count: number): Promise<void>
  /** Call back after each entry that arrives from elsewhere and is stored here. */
  onArrival(listener: () => void): void
  /** Read all entries and their contents; how many there are. */
  readAll(): Promise<number>
  /** Processor time and memory are measured between calls; this ends everything. */
  close(): Promise<void>
}

/** A log that was opened again, and how long that took. */
export interface Reopened {
  readonly log: Log
  /** Milliseconds until the log could be read: its storage opened, and the log in it; the network not counted. */
  readonly opened: number
  /** Of these, on a node that runs, for the log alone; where the two can be told apart. */
  readonly alone?: number | undefined
}

/** What a module of a system exports. */
export interface System {
  start(folder: string): Promise<Log>
  /** Open the log that an earlier process left in the folder. */
  reopen(folder: string, where: string): Promise<Reopened>
}
