// What is used here of packages that bring no types, so that they need not be installed to check these files.

declare module '@orbitdb/core' {
  export interface OrbitDatabase {
    readonly address: string
    readonly events: {
      on(event: 'update', listener: () => void): void
      once(event: 'update', listener: (entry: unknown) => void): void
    }
    readonly log: { traverse(): AsyncIterable<unknown> }
    add(value: unknown): Promise<string>
    iterator(): AsyncIterable<unknown>
  }
  export function createOrbitDB(init: { ipfs: unknown; directory: string }): Promise<{
    open(address: string, options: { type: 'events'; AccessController: unknown }): Promise<OrbitDatabase>
    stop(): Promise<void>
  }>
  export function IPFSAccessController(init: { write: string[] }): unknown
}

declare module 'hypercore' {
  import type { Duplex } from 'node:stream'

  export interface ProtocolStream extends Duplex {
    readonly noiseStream: { readonly opened: Promise<boolean> }
  }
  export default class Hypercore {
    static createProtocolStream(isInitiator: boolean): ProtocolStream
    readonly key: Buffer
    readonly length: number
    readonly contiguousLength: number
    constructor(storage: string, key?: Buffer)
    ready(): Promise<void>
    append(block: Uint8Array): Promise<unknown>
    get(index: number): Promise<Uint8Array>
    download(range: { start: number; end: number }): { done(): Promise<void> }
    replicate(stream: ProtocolStream | undefined): unknown
    on(event: 'download', listener: () => void): void
    close(): Promise<void>
  }
}

declare module 'corestore' {
  export default class Corestore {
    constructor(folder: string)
    close(): Promise<void>
  }
}

declare module 'autobase' {
  import type Corestore from 'corestore'
  import type { ProtocolStream } from 'hypercore'

  export interface View {
    readonly length: number
    append(value: Uint8Array): Promise<void>
    get(index: number): Promise<Uint8Array>
  }
  export default class Autobase {
    readonly key: Buffer
    readonly view: View
    constructor(store: Corestore, key: Buffer | null, handlers: object)
    ready(): Promise<void>
    append(value: Uint8Array): Promise<void>
    replicate(stream: ProtocolStream | undefined): unknown
    on(event: 'update', listener: () => void): void
    close(): Promise<void>
  }
}

declare module '@localfirst/auth' {
  export interface Team {
    members(): unknown[]
    addForTesting(user: unknown, roles: string[], device: unknown): void
    save(): Uint8Array
    teamKeyring(): unknown
  }
  export function createUser(name: string): { readonly userId: string }
  export function createDevice(init: { userId: string; deviceName: string }): unknown
  export function createTeam(name: string, founder: { user: unknown; device: unknown }): Team
  export function loadTeam(saved: Uint8Array, founder: unknown, keys: unknown): Team
}
