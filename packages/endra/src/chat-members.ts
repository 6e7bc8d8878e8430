/**
 * Who takes part in one open chat: listed with names, invited, removed, and followed. Owned by `chat.ts`.
 */
import type { AbortOptions } from '@libp2p/interface'
import type { Did, Group, Role } from 'walytis-identities'
import type { ChatCards, ChatOwner } from './chat-cards.ts'
import { CHAT_INVITATION_MS } from './constants.ts'
import type { Chat, ChatEvents, ChatMember } from './interface/index.ts'
import { formatInvitation } from './invitation.ts'
import { changedDevices, devicesOf, type MemberDevices } from './member-devices.ts'

/** What the members of a chat are told by, and what tells of them. */
export interface ChatMembersInit {
  readonly group: Group
  readonly owner: ChatOwner
  readonly cards: ChatCards
  readonly now: () => number
  /** Ends the following. */
  readonly signal: AbortSignal
  emit<K extends 'member:added' | 'member:removed' | 'member:devices' | 'self:removed'>(
    type: K,
    detail: ChatEvents[K]['detail']
  ): void
  /** Somebody came, who can't read what was written before. */
  joined(): void
}

/** The members of one chat. */
export class ChatMembers {
  readonly #init: ChatMembersInit
  #devices: MemberDevices

  constructor(init: ChatMembersInit) {
    this.#init = init
    this.#devices = devicesOf(init.group.members())
  }

  /** Tell of what happens from now on. */
  follow(): void {
    const { group, signal, emit } = this.#init
    group.addEventListener('members:changed', ({ detail }) => this.#changed(detail), { signal })
    group.addEventListener('self:removed', () => emit('self:removed', {}), { signal })
  }

  list(): ChatMember[] {
    const { group, owner, cards } = this.#init
    return group.members().map(({ did, role }) => ({ did, role, name: cards.nameOf(did), me: did === owner.did }))
  }

  async invite(title: string, options: Parameters<Chat['invite']>[0] = {}): Promise<string> {
    const { group, owner, now } = this.#init
    const expires = options.expires ?? new Date(now() + CHAT_INVITATION_MS)
    const invitation = await group.invite({ ...options, uses: options.uses ?? 1, expires })
    const hints = { kind: 'chat', title, inviter: owner.portrait().name } as const
    return formatInvitation({ ...hints, group: invitation.toString() })
  }

  async remove(did: Did, options?: AbortOptions): Promise<void> {
    await this.#init.group.remove(did, options)
  }

  async setRole(did: Did, role: Role, options?: AbortOptions): Promise<void> {
    await this.#init.group.setRole(did, role, options)
  }

  #changed({ added, removed }: { added: Did[]; removed: Did[] }): void {
    const { group, emit, joined } = this.#init
    for (const did of added) emit('member:added', { did })
    for (const did of removed) emit('member:removed', { did })
    const devices = devicesOf(group.members())
    const changes = changedDevices(this.#devices, devices)
    this.#devices = devices
    for (const change of changes) emit('member:devices', change)
    if (added.length > 0) joined()
  }
}
