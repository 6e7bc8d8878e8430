import type { ChainRecord } from 'walytis/interface'
import { isRefused } from '../encoding/canonical.ts'
import { decodeEvents } from '../events/format.ts'
import type { Did, HistoryEntry } from '../interface/did.ts'

/** What one record of an identity's chain adds to its history; nothing when it is not in effect or of a kind unknown here. */
export function historyOf(did: Did, { block, content, revoked }: ChainRecord): HistoryEntry[] {
  const entry = { author: did, time: new Date(block.time) }
  if (block.chain === null) {
    return [{ ...entry, kind: 'inception' }]
  }
  const envelope = revoked ? undefined : decodeEvents(content)
  if (envelope === undefined || isRefused(envelope)) {
    return []
  }
  return envelope.events.flatMap(({ kind }) => (kind === 'rotate' || kind === 'document' ? [{ ...entry, kind }] : []))
}
