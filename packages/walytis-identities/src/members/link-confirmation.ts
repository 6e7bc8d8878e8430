import { equalBytes } from '@noble/ciphers/utils.js'
import { fromString } from 'uint8arrays/from-string'
import type { Did } from '../interface/did.ts'
import type { LinkRequest } from '../interface/group.ts'
import type { Channel } from '../interface/session.ts'
import { decodeJoinRequest, type JoinRequest } from './join-messages.ts'
import {
  commitmentTo,
  decodeLinkCommitment,
  decodeLinkReveal,
  encodeLinkNonce,
  linkCode,
  NONCE_BYTES
} from './link-code.ts'

/** Asks the user whether the codes are the same. */
export type Confirm = (request: LinkRequest) => Promise<boolean>

export interface LinkConfirmationsInit {
  readonly group: Did
  /** This device. */
  readonly device: Did
  readonly now: () => number
  readonly randomBytes: (length: number) => Uint8Array
}

/** One guest with a device link. */
export interface LinkGuest {
  readonly channel: Channel
  /** The next message within the time that a guest has for it. */
  readonly next: () => Promise<Uint8Array | undefined>
  /** Resolves when the guest goes away, or says what it should not. */
  readonly gone: () => Promise<void>
  /** Whether the request would be granted: nobody is asked about one that would not. */
  readonly acceptable: (request: JoinRequest) => Promise<boolean>
  /** Milliseconds since 1970. */
  readonly expires: number
}

/** What became of a guest with a device link. `refused` also when the user said no: then the link is to be revoked. */
export type LinkOutcome =
  | { readonly kind: 'confirmed'; readonly request: JoinRequest }
  | { readonly kind: 'denied' }
  | { readonly kind: 'refused' }

/**
 * The inviting side of device links. It lives as long as the process: a link whose maker was restarted admits nobody, and another is made.
 */
export class LinkConfirmations {
  readonly #init: LinkConfirmationsInit
  readonly #confirm = new Map<string, Confirm>()
  /** Links about which somebody is asked now: a second guest is refused meanwhile, so that two codes are never mixed up. */
  readonly #asking = new Set<string>()
  readonly #closing = new AbortController()

  constructor(init: LinkConfirmationsInit) {
    this.#init = init
  }

  /** @param invitation hex */
  expect(invitation: string, confirm: Confirm): void {
    this.#confirm.set(invitation, confirm)
  }

  expects(invitation: string): boolean {
    return this.#confirm.has(invitation)
  }

  forget(invitation: string): void {
    this.#confirm.delete(invitation)
  }

  close(): void {
    this.#closing.abort()
    this.#confirm.clear()
  }

  /** Compare codes with one guest. Whatever `confirm` throws is thrown. */
  async compare(invitation: string, first: Uint8Array, guest: LinkGuest): Promise<LinkOutcome> {
    const confirm = this.#confirm.get(invitation)
    const commitment = decodeLinkCommitment(first)
    if (confirm === undefined || commitment === undefined || this.#asking.has(invitation)) {
      return { kind: 'refused' }
    }
    this.#asking.add(invitation)
    try {
      return await this.#compare(invitation, commitment, confirm, guest)
    } finally {
      this.#asking.delete(invitation)
    }
  }

  async #compare(invitation: string, commitment: Uint8Array, confirm: Confirm, guest: LinkGuest): Promise<LinkOutcome> {
    const { group, device, now, randomBytes } = this.#init
    const { channel } = guest
    const inviterNonce = randomBytes(NONCE_BYTES)
    await channel.send(encodeLinkNonce(inviterNonce))
    const revealing = await guest.next()
    const reveal = revealing === undefined ? undefined : decodeLinkReveal(revealing)
    if (reveal === undefined || !equalBytes(commitmentTo(reveal.request, reveal.nonce), commitment)) {
      return { kind: 'refused' }
    }
    const request = decodeJoinRequest(reveal.request)
    if (request === undefined || !(await guest.acceptable(request))) {
      return { kind: 'refused' }
    }
    const code = linkCode({
      group,
      invitation: fromString(invitation, 'hex'),
      inviting: device,
      joining: channel.device,
      request: reveal.request,
      inviterNonce,
      joinerNonce: reveal.nonce
    })
    const left = new AbortController()
    void guest.gone().then(() => left.abort())
    const time = AbortSignal.timeout(Math.max(0, guest.expires - now()))
    const signal = AbortSignal.any([left.signal, time, this.#closing.signal])
    const answer = await Promise.race([
      confirm({ code, member: request.member, device: channel.device, signal }),
      aborted(signal)
    ])
    if (answer === undefined) {
      return { kind: 'refused' }
    }
    return answer ? { kind: 'confirmed', request } : { kind: 'denied' }
  }
}

/** Resolves when the signal fires: a user who is asked no longer has nothing to say. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(undefined)
    }
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
