import { fromString } from 'uint8arrays/from-string'
import type { RawBlock } from 'walytis/interface'
import { isRefused } from '../encoding/canonical.ts'
import { brokenConsent } from '../events/verify.ts'
import type { GroupActs } from '../group/acts.ts'
import type { GroupCore } from '../group/core.ts'
import { recordPrefix, type Seeds } from '../group/seeds.ts'
import { MIRROR_LIMIT } from '../group-constants.ts'
import type { Did } from '../interface/did.ts'
import type { Channel } from '../interface/session.ts'
import type { GuestKey } from '../session/seams.ts'
import type { InvitationState } from '../state/membership.ts'
import { mirrorIntoDependents } from './dependents.ts'
import { guestKey } from './invite.ts'
import { decodeJoinRequest, encodeJoinAnswer, type JoinRequest, type Welcome } from './join-messages.ts'
import { seedsFor } from './key-delivery.ts'
import { LinkConfirmations, type LinkGuest } from './link-confirmation.ts'
import { splitEvidence } from './mirror.ts'

/** Milliseconds that a guest has to say what it wants. */
const REQUEST_TIMEOUT = 10_000

export interface AdmissionInit {
  readonly core: GroupCore
  readonly acts: GroupActs
  readonly seeds: Seeds
  readonly rendezvous: () => Uint8Array
  /** The group as its dependents know it. */
  readonly group: () => object
}

/**
 * The admitting side of joining. It honours this member's invitations and shared ones, by what the chain says of them and by its own clock; a
 * request is answered once the admission is on the disk. Whatever is wrong with a request, the answer is the same.
 */
export class Admissions {
  /** Device links that this process has made. */
  readonly links: LinkConfirmations
  readonly #init: AdmissionInit
  /** One at a time, so that two guests with one invitation are judged one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(init: AdmissionInit) {
    this.#init = init
    const { did, device, components } = init.core
    this.links = new LinkConfirmations({ ...components, group: did, device: device.did })
  }

  /** Keys by which guests are let in at all. A used-up one counts until it expires: its user may not have had the answer. */
  guestKeys(): GuestKey[] {
    const { core } = this.#init
    return core.present
      ? [...core.state.invitations.values()]
          .filter((one) => this.#mayHonour(one))
          .map(({ id, verifier }) => ({ id, key: guestKey(fromString(verifier, 'hex')) }))
      : []
  }

  /** Serve one guest. Resolves when the channel is done with. */
  async serve(channel: Channel, invitation: string): Promise<void> {
    const messages = channel.messages()[Symbol.asyncIterator]()
    const next = async (): Promise<Uint8Array | undefined> => {
      const timer = setTimeout(() => channel.abort(new TypeError('no request in time')), REQUEST_TIMEOUT)
      try {
        const { done, value } = await messages.next()
        return done === true ? undefined : value
      } finally {
        clearTimeout(timer)
      }
    }
    const first = await next()
    if (first !== undefined) {
      const gone = (): Promise<void> =>
        messages.next().then(
          () => undefined,
          () => undefined
        )
      const request = this.#isLink(invitation)
        ? await this.#confirmed(first, invitation, { channel, next, gone })
        : decodeJoinRequest(first)
      const answer =
        request === undefined ? undefined : await this.#inTurn(() => this.#admit(request, invitation, channel))
      await channel.send(encodeJoinAnswer(answer))
    }
    await channel.close()
  }

  #isLink(id: string): boolean {
    return this.#init.core.state.invitations.get(id)?.link === true
  }

  /** The request of who joins by a device link, when the user has said yes to it. A no is the end of the link. */
  async #confirmed(
    first: Uint8Array,
    id: string,
    guest: Pick<LinkGuest, 'channel' | 'next' | 'gone'>
  ): Promise<JoinRequest | undefined> {
    const { core, acts } = this.#init
    const invitation = core.state.invitations.get(id)
    if (invitation === undefined) {
      return undefined
    }
    const { device } = guest.channel
    const outcome = await this.links.compare(id, first, {
      ...guest,
      expires: invitation.expires,
      acceptable: async (request) =>
        request.consent.device === device &&
        (this.#isDeviceOf(request, device) ||
          (this.usable(id) !== undefined && (await this.#agreed(request, invitation))))
    })
    if (outcome.kind === 'denied') {
      this.links.forget(id)
      await acts.revokeInvitation(fromString(id, 'hex'), id)
    }
    return outcome.kind === 'confirmed' ? outcome.request : undefined
  }

  #isDeviceOf({ member }: JoinRequest, device: Did): boolean {
    return this.#init.core.state.devices.get(device)?.member === member
  }

  async #admit(request: JoinRequest, id: string, channel: Channel): Promise<Welcome | undefined> {
    const { acts } = this.#init
    const { member, consent, blocks } = request
    if (consent.device !== channel.device) {
      return undefined
    }
    if (!this.#isDeviceOf(request, channel.device)) {
      const invitation = this.usable(id)
      if (invitation === undefined || !(await this.#agreed(request, invitation))) {
        return undefined
      }
      const rest = await this.#mirrorFirst(member, blocks)
      await acts.add({
        member,
        role: invitation.role,
        invitation: fromString(id, 'hex'),
        hex: id,
        consent,
        blocks: rest
      })
    }
    if (this.#isDeviceOf(request, channel.device)) {
      void mirrorIntoDependents(this.#init.group())
      return this.welcome(channel.device)
    }
    return undefined
  }

  /** What a current device is given. */
  welcome(device: Did): Welcome {
    const { core, seeds, rendezvous } = this.#init
    const { state } = core
    const recent = [...new Set([...state.usable, ...[...state.epochs.keys()].reverse()])].slice(0, 64)
    return { rendezvous: rendezvous(), seeds: seedsFor(core, seeds, device, recent) }
  }

  /** By the chain, by this node's clock, and by who made it. */
  #mayHonour({ id, open, shared, inviter, expires, link }: InvitationState): boolean {
    const { core } = this.#init
    const own = shared || inviter === core.member.did
    return open && own && expires > core.components.now() && (!link || this.links.expects(id))
  }

  /** The invitation, when this device may still honour it. */
  usable(id: string): InvitationState | undefined {
    const { core } = this.#init
    const invitation = core.state.invitations.get(id)
    const usable = invitation !== undefined && this.#mayHonour(invitation) && invitation.used < invitation.uses
    return usable && core.present ? invitation : undefined
  }

  /** What the chain will check again, looked at before anything is written. */
  async #agreed({ member, consent, blocks }: JoinRequest, invitation: InvitationState): Promise<boolean> {
    const { core } = this.#init
    const { evidence } = core.policy
    const known = core.state.evidence.get(member) ?? new Set<string>()
    const admitted = await evidence.admit(member, blocks, known)
    if (isRefused(admitted)) {
      return false
    }
    const all = new Set([...known, ...admitted])
    await evidence.prepare(member, all)
    const device = evidence.resolve(member, all)?.devices.find(({ did }) => did === consent.device)
    if (device === undefined) {
      return false
    }
    const terms = {
      group: core.did,
      invitation: fromString(invitation.id, 'hex'),
      inviter: invitation.inviter,
      member,
      device: device.did,
      keys: device.keys
    }
    return brokenConsent(consent, terms, fromString(invitation.verifier, 'hex')) === undefined
  }

  /** Evidence that does not fit beside the admission goes before it. @returns what is left for the admission */
  async #mirrorFirst(member: Did, blocks: readonly RawBlock[]): Promise<readonly RawBlock[]> {
    const parts = splitEvidence(blocks, MIRROR_LIMIT)
    for (const part of parts.slice(0, -1)) {
      await this.#init.acts.mirror(member, part)
    }
    return parts.at(-1) ?? []
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }
}

/** Invitations in the key store. */
export function invitationPrefix(did: Did): string {
  return `${recordPrefix(did)}invitation/`
}
