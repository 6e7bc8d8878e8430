import { encode } from '@ipld/dag-cbor'
import { sha256 } from '@noble/hashes/sha2.js'
import type { CID } from 'multiformats/cid'
import { fromString } from 'uint8arrays/from-string'
import { toString as asText } from 'uint8arrays/to-string'
import type { Did, Role } from 'walytis-identities'
import { STATE_HASH_DOMAIN } from './constants.ts'

/** What is shown of one message. */
export interface ShownMessage {
  readonly id: CID
  readonly author: Did
  /** Bytes of the current version. */
  readonly content: Uint8Array
}

/**
 * A hash over what a chat shows: its members with their roles, and the current versions of all messages in canonical order.
 * Length-delimited by being a sequence of DAG-CBOR values (RFC 8742 calls that a CBOR sequence), so no two chats look alike.
 *
 * @returns 64 hexadecimal digits
 */
export async function stateHash(
  chat: string,
  members: Iterable<{ did: Did; role: Role }>,
  messages: AsyncIterable<ShownMessage>
): Promise<string> {
  const sorted = [...members].map(({ did, role }): [string, string] => [did, role]).sort(([a], [b]) => (a < b ? -1 : 1))
  const hash = sha256.create()
  hash.update(fromString(STATE_HASH_DOMAIN))
  hash.update(encode([chat, sorted]))
  for await (const { id, author, content } of messages) hash.update(encode([id, author, content]))
  return asText(hash.digest(), 'base16')
}
