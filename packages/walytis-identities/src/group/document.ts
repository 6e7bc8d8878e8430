import type { DIDDocument } from 'did-resolver'
import type { ChainRecord } from 'walytis/interface'
import { DOCUMENT_CONTEXTS, multikey } from '../document.ts'
import { isRefused } from '../encoding/canonical.ts'
import { decodeEvents } from '../events/format.ts'
import { type GroupEvent, readGroupEvent } from '../events/kinds.ts'
import type { Did, HistoryEntry } from '../interface/did.ts'
import { defaultSuite } from '../keys/suite.ts'
import { decodeGroupAnnotation } from '../state/annotation.ts'
import type { GroupState } from '../state/membership.ts'
import { bestOf } from './epochs.ts'

/** The DID document of a group: its members control it, and what is sealed to it is sealed to its current epoch. It signs nothing itself. */
export function groupDocument(state: GroupState): DIDDocument {
  const epoch = bestOf(state) ?? state.epochs.get(state.usable[0] ?? '')
  const method = { fragment: epoch?.id ?? '', code: defaultSuite.methods.kem.code }
  const agreement = epoch === undefined ? undefined : multikey(state.did, method, epoch.publicKey)
  return {
    '@context': [...DOCUMENT_CONTEXTS],
    id: state.did,
    controller: [...state.members.keys()],
    ...(agreement === undefined ? {} : { verificationMethod: [agreement], keyAgreement: [agreement.id] })
  }
}

/** What one record of a group's chain adds to its history; nothing when it is not in effect or of a kind unknown here. */
export function groupHistoryOf({ block, content, annotation, revoked }: ChainRecord): HistoryEntry[] {
  const decoded = decodeGroupAnnotation(annotation)
  if (decoded === undefined || revoked) {
    return []
  }
  const entry = { author: decoded.author, time: new Date(block.time) }
  if (block.chain === null) {
    return [{ ...entry, kind: 'inception', subject: decoded.author }]
  }
  const envelope = decodeEvents(content)
  if (isRefused(envelope)) {
    return []
  }
  return envelope.events.flatMap((raw) => {
    const event = readGroupEvent(raw)
    return isRefused<GroupEvent>(event) || event.kind === 'unknown'
      ? []
      : [{ ...entry, kind: event.kind, subject: subjectOf(event, decoded.author) }]
  })
}

function subjectOf(event: GroupEvent, author: Did): Did | undefined {
  switch (event.kind) {
    case 'add':
    case 'remove':
    case 'role':
    case 'mirror':
      return event.member
    case 'leave':
      return author
    default:
      return undefined
  }
}
