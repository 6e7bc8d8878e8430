import type { Multiaddr } from '@multiformats/multiaddr'
import { parseBlockId } from '../block/id.ts'
import { equalBytes } from '../canonical.ts'
import { ed25519PublicKey } from '../crypto/ed25519.ts'
import { AccessDeniedError, InvalidArgumentError, NotFoundError } from '../errors.ts'
import type { BaseBlockchain, Invitation, InviteOptions } from '../interface/index.ts'
import {
  createInvitation,
  decodeInvitation,
  INVITATION_SECRET_BYTES,
  invitationId,
  invitationSigningKey,
  isUses,
  MAX_INVITATION_USES
} from './invitation.ts'
import { hasJoined, type InvitationRecord, type InvitationStore } from './invitation-store.ts'
import { findShared, findSharedKey, writeSharedNote } from './shared-invitations.ts'

export interface AdmissionsInit {
  readonly invitations: InvitationStore
  /** Milliseconds since 1970: this clock decides about expiry, nobody else's. */
  readonly now: () => number
  readonly randomBytes: (length: number) => Uint8Array
  readonly self: () => { readonly peer: string; readonly addresses: Multiaddr[] }
  /** Chains that are open on this node. */
  chain(id: string): BaseBlockchain | undefined
  /** The chain's access key; undefined where a layer above decides about access. */
  accessKey(chain: BaseBlockchain): Promise<Uint8Array | undefined>
}

/** How long an invitation holds when nothing else is asked for: a day, in milliseconds. */
const DEFAULT_LIFE = 86_400_000

/** Makes, lists, revokes and honours the invitations of a node. */
export class Admissions {
  private readonly init: AdmissionsInit
  private last: Promise<unknown> = Promise.resolve()

  constructor(init: AdmissionsInit) {
    this.init = init
  }

  /**
   * @throws {InvalidArgumentError} for terms that make no sense
   * @throws {AccessDeniedError} where a layer above decides about access
   */
  async invite(chain: BaseBlockchain, options: InviteOptions = {}): Promise<Invitation> {
    const { invitations, now, randomBytes, self } = this.init
    const { uses = 1, shared = false, expires = new Date(now() + DEFAULT_LIFE) } = options
    if (!isUses(uses))
      throw new InvalidArgumentError('uses', `a whole number from 1 to ${MAX_INVITATION_USES} is needed`)
    if (!(expires.getTime() > now())) throw new InvalidArgumentError('expires', 'it lies in the past')
    if ((await this.init.accessKey(chain)) === undefined) throw new AccessDeniedError()
    const secret = randomBytes(INVITATION_SECRET_BYTES)
    const publicKey = ed25519PublicKey(invitationSigningKey(secret))
    const invitation = createInvitation({ chain: parseBlockId(chain.id), secret, ...self(), expires, uses, shared })
    const terms = { publicKey, expires: expires.getTime(), uses }
    if (shared) await writeSharedNote(chain, { kind: 'invite', ...terms })
    const { id } = invitation
    await invitations.put({
      id,
      chain: chain.id,
      text: invitation.toString(),
      shared,
      revoked: false,
      joiners: [],
      ...terms
    })
    return invitation
  }

  /** Those that this node made and that still hold. */
  async *list(chain: string): AsyncIterable<Invitation> {
    for await (const { text, revoked, expires, uses, joiners } of this.init.invitations.list(chain)) {
      if (text === '' || revoked || expires <= this.init.now() || joiners.length >= uses) continue
      yield createInvitation(decodeInvitation(text))
    }
  }

  /** @throws {NotFoundError} when neither this node nor the chain knows it */
  async revoke(chain: BaseBlockchain, id: string): Promise<void> {
    await this.inTurn(() => this.makeVoid(chain, id))
  }

  private async makeVoid(chain: BaseBlockchain, id: string): Promise<void> {
    const { invitations } = this.init
    const record = await invitations.get(chain.id, id)
    const sharedKey = await findSharedKey(chain, id)
    if (record === undefined && sharedKey === undefined) throw new NotFoundError('invitation', id)
    if (record !== undefined) await invitations.put({ ...record, revoked: true })
    if (sharedKey !== undefined) await writeSharedNote(chain, { kind: 'revoke', publicKey: sharedKey })
  }

  /**
   * Admit somebody who has proved to hold the invitation of this key. The use is on disk before this resolves. The same
   * joiner may come again: it may not have got the answer.
   *
   * @param joiner multikey
   * @returns the chain's access key; undefined when refused, for whatever reason
   */
  async admit(chainId: string, invitationKey: Uint8Array, joiner: Uint8Array): Promise<Uint8Array | undefined> {
    return await this.inTurn(() => this.decide(chainId, invitationKey, joiner))
  }

  /** What changes a record reads it first: one after the other, so that no use and no revocation is overwritten. */
  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work)
    this.last = turn.catch(() => undefined)
    return await turn
  }

  private async decide(
    chainId: string,
    invitationKey: Uint8Array,
    joiner: Uint8Array
  ): Promise<Uint8Array | undefined> {
    const chain = this.init.chain(chainId)
    if (chain === undefined) return undefined
    const record = await this.recordOf(chain, invitationKey)
    if (record === undefined || record.revoked || record.expires <= this.init.now()) return undefined
    const isKnown = hasJoined(record, joiner)
    if (!isKnown && record.joiners.length >= record.uses) return undefined
    const accessKey = await this.init.accessKey(chain)
    if (accessKey === undefined) return undefined
    if (!isKnown) await this.init.invitations.put({ ...record, joiners: [...record.joiners, joiner] })
    return accessKey
  }

  /** Terms of a shared invitation are those on the chain; only its uses at this node are counted here. */
  private async recordOf(chain: BaseBlockchain, publicKey: Uint8Array): Promise<InvitationRecord | undefined> {
    const id = invitationId(publicKey)
    const record = await this.init.invitations.get(chain.id, id)
    if (record !== undefined && !equalBytes(record.publicKey, publicKey)) return undefined
    if (record !== undefined && !record.shared) return record
    const shared = await findShared(chain, publicKey)
    if (shared === undefined) return undefined
    const fresh = { id, chain: chain.id, publicKey, text: '', shared: true, revoked: false, joiners: [] }
    return { ...(record ?? fresh), ...shared }
  }
}
