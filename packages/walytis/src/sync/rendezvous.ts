import { MAX_KEPT_TAGS } from './limits.ts'
import { otherRole, type Role, type TagContext, tagOf, tagText } from './tags.ts'

/**
 * Finds out which chains two peers have in common without naming any: each side sends a tag per chain and access key that
 * only a holder of the key can make or recognise. Pure but for its own memory.
 */
export class Rendezvous {
  private readonly role: Role
  private readonly self: string
  private readonly peer: string
  private readonly nonce: Uint8Array
  private context: TagContext | undefined
  /** Tags that the peer sends when it holds a key of a chain of ours, and the chain. */
  private readonly expected = new Map<string, string>()
  /** Chains with keys that were announced, to save the work of doing it again. */
  private readonly used = new Set<string>()
  /** What was sent: not sent again. */
  private readonly announced = new Set<string>()
  /** Tags of the peer, kept for chains that are opened later. */
  private readonly received = new Set<string>()

  constructor(role: Role, self: string, peer: string, nonce: Uint8Array) {
    this.role = role
    this.self = self
    this.peer = peer
    this.nonce = nonce
  }

  get isOpen(): boolean {
    return this.context !== undefined
  }

  /** Take the peer's nonce. Returns false when it has sent one before. */
  open(nonce: Uint8Array): boolean {
    if (this.context !== undefined) return false
    this.context =
      this.role === 'initiator'
        ? { initiator: this.self, responder: this.peer, initiatorNonce: this.nonce, responderNonce: nonce }
        : { initiator: this.peer, responder: this.self, initiatorNonce: nonce, responderNonce: this.nonce }
    return true
  }

  /** Returns the tags to send: none that were sent before. */
  announce(chain: string, keys: readonly Uint8Array[]): Uint8Array[] {
    if (this.context === undefined) return []
    const tags: Uint8Array[] = []
    for (const key of keys) {
      const use = `${chain}/${tagText(key)}`
      if (this.used.has(use)) continue
      this.used.add(use)
      this.expected.set(tagText(tagOf(key, otherRole(this.role), this.context)), chain)
      const tag = tagOf(key, this.role, this.context)
      const text = tagText(tag)
      if (this.announced.has(text)) continue
      this.announced.add(text)
      tags.push(tag)
    }
    return tags
  }

  /** The chains that the peer's tags mean; undefined when it sends tags too early or too many. */
  match(tags: readonly Uint8Array[]): Set<string> | undefined {
    if (this.context === undefined) return undefined
    const chains = new Set<string>()
    for (const tag of tags) {
      const text = tagText(tag)
      this.received.add(text)
      const chain = this.expected.get(text)
      if (chain !== undefined) chains.add(chain)
    }
    return this.received.size <= MAX_KEPT_TAGS ? chains : undefined
  }

  /** Whether the peer has shown that it holds a key of the chain. */
  isMatched(chain: string): boolean {
    for (const [text, owner] of this.expected) if (owner === chain && this.received.has(text)) return true
    return false
  }

  /** The chain was closed here. */
  withdraw(chain: string): void {
    for (const [text, owner] of this.expected) if (owner === chain) this.expected.delete(text)
    for (const use of this.used) if (use.startsWith(`${chain}/`)) this.used.delete(use)
  }
}
