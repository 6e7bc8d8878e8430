/** A group of members as the benchmarks of groups see it: ours and each peer's, in a process of its own, without a network. */
export interface GroupSystem {
  /** Found a group and make the keys of who will join; not measured. With a folder, what is to be found again lies there. */
  prepare(members: number, folder?: string): Promise<void>
  /** Admit everybody else one by one, at the founder's: milliseconds. */
  admit(): Promise<number>
  /** How many of the others can read what is written now; not measured. */
  readers(): Promise<number>
  /** Remove one member, and take that in at another member's: milliseconds. */
  remove?(): Promise<{ act: number; process: number }>
  /** Write a message of 256 bytes, and check and open it at another member's: milliseconds each, of many. */
  message?(): Promise<{ make: number; read: number }>
  /** What another process needs to load the group, where not all of it lies in the folder. */
  where(): Promise<string> | string
  /** In a process of its own, load and check the group that lies in the folder: milliseconds, and how many members it has. */
  load?(folder: string, where: string): Promise<Loaded>
  /** The same of a group that was never seen here, as it comes from a peer. */
  verify?(folder: string, where: string): Promise<Loaded>
  close(): Promise<void>
}

export interface Loaded {
  readonly ms: number
  readonly members: number
}

/** The systems by name. Those of others lie in a package of their own, which only `npm run bench` installs. */
export const systems: Readonly<Record<string, URL>> = {
  walytis: new URL('../../../packages/walytis-identities/test/support/bench-group-process.ts', import.meta.url),
  messages: new URL('./messages.ts', import.meta.url),
  primitives: new URL('../../../packages/walytis-identities/test/support/bench-primitives-process.ts', import.meta.url),
  'ts-mls': new URL('../../peers/ts-mls.ts', import.meta.url),
  localfirst: new URL('../../peers/localfirst.ts', import.meta.url)
}
