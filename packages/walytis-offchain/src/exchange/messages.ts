/**
 * Messages of `/walytis-offchain/exchange/1.0.0` (docs/protocol.md §5). Each is one frame of a channel, which already says who sent it, for
 * which group, and that nobody changed it.
 */
import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { decodeCanonical, hasFields, isBlockId } from 'walytis'
import { MAX_FRAME_SIZE, MAX_IDS_PER_MESSAGE } from './limits.ts'

export type Message =
  /** Envelopes: unasked for beside a new block, or as an answer. `missing` refuses what was asked for, whatever the reason. */
  | { readonly kind: 'give'; readonly items: readonly Item[]; readonly missing: readonly CID[] }
  /** Asks for envelopes. Each id is answered in exactly one `give`, if at all. */
  | { readonly kind: 'want'; readonly blocks: readonly CID[] }
  /** The sender has these envelopes, checked and on disk: an acknowledgement to whoever gave them, an offer to all others. */
  | { readonly kind: 'have'; readonly blocks: readonly CID[] }

/** One envelope and the block it belongs to. */
export interface Item {
  readonly block: CID
  readonly envelope: Uint8Array
}

/** The rule that a frame breaks. Whoever sends one is not spoken with any more. */
export type MessageRule = 'message-too-large' | 'message-not-canonical' | 'message-kind' | 'message-fields'

export type DecodedMessage =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly rule: MessageRule }

/** The canonical DAG-CBOR of a message. */
export function encodeMessage(message: Message): Uint8Array {
  return message.kind === 'give'
    ? encode({
        kind: message.kind,
        items: message.items.map(({ block, envelope }) => [block, envelope]),
        missing: message.missing
      })
    : encode({ kind: message.kind, blocks: message.blocks })
}

/** Read a frame that a peer sent. Never throws for what its bytes are. */
export function decodeMessage(bytes: Uint8Array): DecodedMessage {
  if (bytes.length > MAX_FRAME_SIZE) return { ok: false, rule: 'message-too-large' }
  const value = decodeCanonical(bytes, MAX_FRAME_SIZE)
  if (typeof value !== 'object' || value === null) return { ok: false, rule: 'message-not-canonical' }
  const kind = 'kind' in value ? value.kind : undefined
  if (kind === 'give') return decodeGive(value)
  if (kind !== 'want' && kind !== 'have') return { ok: false, rule: 'message-kind' }
  if (!hasFields(value, ['blocks', 'kind'])) return { ok: false, rule: 'message-fields' }
  const blocks = idsOf(value['blocks'])
  return blocks === undefined || blocks.length === 0
    ? { ok: false, rule: 'message-fields' }
    : { ok: true, message: { kind, blocks } }
}

function decodeGive(value: object): DecodedMessage {
  if (!hasFields(value, ['items', 'kind', 'missing'])) return { ok: false, rule: 'message-fields' }
  const missing = idsOf(value['missing'])
  const items = itemsOf(value['items'])
  if (missing === undefined || items === undefined) return { ok: false, rule: 'message-fields' }
  return { ok: true, message: { kind: 'give', items, missing } }
}

function idsOf(value: unknown): CID[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_IDS_PER_MESSAGE) return undefined
  const ids = value.map(blockIdOf)
  return ids.every((id) => id !== undefined) ? ids : undefined
}

/** CIDs of other forms can be as long as a frame, and ids are kept in memory. */
function blockIdOf(value: unknown): CID | undefined {
  const cid = CID.asCID(value as CID)
  return cid !== null && isBlockId(cid) ? cid : undefined
}

function itemsOf(value: unknown): Item[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_IDS_PER_MESSAGE) return undefined
  const items: Item[] = []
  for (const pair of value) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined
    const [id, envelope] = pair as unknown[]
    const block = blockIdOf(id)
    if (block === undefined || !(envelope instanceof Uint8Array)) return undefined
    items.push({ block, envelope })
  }
  return items
}
