/** What the driver and the processes of the log benchmarks say to each other. */

/** What a process is told to do. */
export type Command = { readonly id: number } & Order
export type Order =
  | { readonly type: 'start' | 'create' | 'listen' | 'memory' | 'heap' | 'cpu' | 'close' }
  | { readonly type: 'reopen' | 'connect'; readonly where: string }
  /** Gives the milliseconds it took; `width` appends are under way at a time. */
  | { readonly type: 'append'; readonly count: number; readonly size: number; readonly width: number }
  /** Gives the milliseconds until `count` entries were stored. */
  | { readonly type: 'follow'; readonly where: string; readonly count: number }
  /** Gives the machine's nanoseconds from just before the append. */
  | { readonly type: 'append-at'; readonly size: number }
  /** Gives the milliseconds that reading everything took. */
  | { readonly type: 'read'; readonly count: number }

/** The answer, by the command's id; -1 is an arrival, 0 says that the process is there. */
export interface Outcome {
  readonly id: number
  readonly value?: number | undefined
  readonly alone?: number | undefined
  readonly text?: string | undefined
  readonly error?: string | undefined
}

/** The systems by name. Those of others lie in a package of their own, which only `npm run bench` installs. */
export const systems: Readonly<Record<string, URL>> = {
  walytis: new URL('./walytis.ts', import.meta.url),
  'walytis-unsynced': new URL('./walytis-unsynced.ts', import.meta.url),
  orbitdb: new URL('../../peers/orbitdb.ts', import.meta.url),
  hypercore: new URL('../../peers/hypercore.ts', import.meta.url),
  autobase: new URL('../../peers/autobase.ts', import.meta.url)
}
