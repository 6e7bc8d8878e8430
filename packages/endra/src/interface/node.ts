import type { AbortOptions } from '@libp2p/interface'
import type { Did } from 'walytis-identities'
import type { Profile } from './profile.ts'
import type { MessageType } from './types.ts'

/** One node that carries any number of profiles, sharing its connections. */
export interface Endra extends AsyncDisposable {
  readonly profiles: Profiles
  /**
   * Make a kind of message known to all chats of this node, before or after they are opened.
   *
   * @throws {InvalidTypeError} when its media type is malformed, endra's own, or another type's
   */
  registerType<T>(type: MessageType<T>): void
  /** Addresses at which other devices reach this node. */
  getMultiaddrs(): string[]
  /** Close all profiles, stop the node, and forget the key that opens its secrets. */
  stop(): Promise<void>
}

/** The profiles of a node. */
export interface Profiles {
  /**
   * Make a profile whose first device this node is. Once it resolves, the profile is on this node's disk.
   *
   * @throws {InvalidNameError}
   */
  create(init: { name: string; deviceName?: string | undefined }, options?: AbortOptions): Promise<Profile>
  /** The profiles that this node is a device of. Opens none. */
  list(): AsyncIterable<{ did: Did; name: string }>
  /**
   * Open a profile of this node; opened twice, it is the same object. Waits for no other device.
   *
   * @throws {NotFoundError}
   */
  get(did: Did, options?: AbortOptions): Promise<Profile>
  /**
   * Make this node a device of a profile that exists elsewhere. Resolves when the vault is here and every chat in it has been asked for. An
   * attempt that was interrupted goes on when it is called again with the same invitation. `onCode` is shown the code of a link that was made with
   * `confirm`; such a link needs it.
   *
   * @throws {InvitationError} @throws {DeadlineError} @throws {InvalidNameError} @throws {InvalidArgumentError}
   */
  link(
    invitation: string,
    init?: { deviceName?: string | undefined } & AbortOptions & {
        onProgress?: ((progress: LinkProgress) => void) | undefined
        onCode?: ((code: string) => void) | undefined
      }
  ): Promise<Profile>
  /** Forget a profile on this node. Its other devices keep it. @throws {NotFoundError} */
  delete(did: Did, options?: AbortOptions): Promise<void>
}

/** How far a link has come: what of its step is here, and how much there is of it. */
export interface LinkProgress {
  readonly step: 'joining' | 'vault' | 'chats' | 'done'
  readonly received: number
  readonly expected: number
}
