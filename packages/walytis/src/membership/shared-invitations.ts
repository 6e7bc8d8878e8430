import { encode } from '@ipld/dag-cbor'
import { decodeCanonical, equalBytes, hasFields, isBytes, isCount } from '../canonical.ts'
import { INVITATION_TOPIC } from '../constants.ts'
import { ED25519_PUBLIC_KEY_BYTES } from '../crypto/ed25519.ts'
import type { BaseBlockchain } from '../interface/index.ts'
import { invitationId, isUses } from './invitation.ts'

/**
 * Shared invitations are recorded on the chain, so that any member may honour them: blocks whose topic names the invitation. Whoever knocks with
 * a key of its own making costs one look into the index of topics, however many invitations there are.
 */

/** What such a block says: an invitation's public terms, or that one is void. */
export type SharedNote =
  | { readonly kind: 'invite'; readonly publicKey: Uint8Array; readonly expires: number; readonly uses: number }
  | { readonly kind: 'revoke'; readonly publicKey: Uint8Array }

function encodeSharedNote(note: SharedNote): Uint8Array {
  return encode({ v: 1, ...note })
}

/** @returns undefined when the content is no such note; never throws */
function decodeSharedNote(content: Uint8Array): SharedNote | undefined {
  const map = decodeCanonical(content, 1024)
  if (hasFields(map, ['v', 'kind', 'publicKey', 'expires', 'uses'])) {
    const { v, kind, publicKey, expires, uses } = map
    if (v !== 1 || kind !== 'invite' || !isKey(publicKey) || !isCount(expires) || !isUses(uses)) return undefined
    return { kind, publicKey, expires, uses }
  }
  if (!hasFields(map, ['v', 'kind', 'publicKey']) || map.v !== 1 || map.kind !== 'revoke' || !isKey(map.publicKey))
    return undefined
  return { kind: map.kind, publicKey: map.publicKey }
}

/** Write a note onto the chain. */
export async function writeSharedNote(chain: BaseBlockchain, note: SharedNote): Promise<void> {
  const topics = [topicOf(invitationId(note.publicKey))]
  await chain.append(async () => ({ content: encodeSharedNote(note), topics }))
}

/** The terms of a shared invitation; undefined when the chain knows none of that key, or knows it to be void. */
export async function findShared(
  chain: BaseBlockchain,
  publicKey: Uint8Array
): Promise<{ readonly expires: number; readonly uses: number } | undefined> {
  let terms: { expires: number; uses: number } | undefined
  for await (const { content, revoked } of chain.records({ topic: topicOf(invitationId(publicKey)) })) {
    const note = decodeSharedNote(content)
    if (revoked || note === undefined || !equalBytes(note.publicKey, publicKey)) continue
    // void is void, in whatever order the notes stand
    if (note.kind === 'revoke') return undefined
    terms ??= { expires: note.expires, uses: note.uses }
  }
  return terms
}

/** The key of a shared invitation of this id, whether or not it is void. */
export async function findSharedKey(chain: BaseBlockchain, id: string): Promise<Uint8Array | undefined> {
  for await (const { content } of chain.records({ topic: topicOf(id) })) {
    const note = decodeSharedNote(content)
    if (note !== undefined && invitationId(note.publicKey) === id) return note.publicKey
  }
  return undefined
}

const topicOf = (id: string): string => `${INVITATION_TOPIC}/${id}`

const isKey = (value: unknown): value is Uint8Array =>
  isBytes(value, ED25519_PUBLIC_KEY_BYTES, ED25519_PUBLIC_KEY_BYTES)
