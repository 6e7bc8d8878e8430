import type { TypedEventEmitter } from 'main-event'
import type { BlockId } from 'walytis/interface'
import type { Consumers } from './consumers.ts'
import type { Contents } from './contents.ts'
import type { Demand } from './demand.ts'
import { isLarge } from './envelope/shape.ts'
import { PUSH_GRACE } from './exchange/limits.ts'
import type { Exchange } from './exchange/transfer.ts'
import type { IntakeListener, Shown } from './intake/listener.ts'
import type { PrivateEvents } from './interface.ts'
import { onChainOfRecord, PrivateBlockView } from './private-block.ts'

export interface AnnouncementsComponents {
  readonly events: Pick<TypedEventEmitter<PrivateEvents>, 'safeDispatchEvent'>
  readonly contents: Contents
  readonly consumers: Pick<Consumers, 'wake'>
  exchange(): Pick<Exchange, 'obtained' | 'acknowledge' | 'wrong'>
  demand(): Pick<Demand, 'wanted' | 'unwanted'>
}

/** What follows from what intake has written: who waits looks again, the exchange knows, and the application is told. */
export function announcements(components: AnnouncementsComponents): IntakeListener {
  const { events, contents, consumers, exchange, demand } = components
  const view = ({ record, row, read }: Shown, content?: Uint8Array): PrivateBlockView =>
    new PrivateBlockView(onChainOfRecord(record), row, read.details, contents, content)
  const turned = (id: BlockId): void => {
    contents.turned(id)
    consumers.wake()
  }
  return {
    available: (shown, content, peer, late) => {
      const block = view(shown, content)
      turned(block.id)
      if (late) events.safeDispatchEvent('content:available', { detail: { block } })
      // Out of effect already: `block:reinstated` tells of it, should it come back. Told of already: large contents take their time.
      if (!block.revoked && !(late && isLarge(shown.read.reference))) {
        events.safeDispatchEvent('block:added', { detail: { block, peer } })
      }
    },
    announced: (shown, peer) => {
      const block = view(shown)
      if (!block.revoked) events.safeDispatchEvent('block:added', { detail: { block, peer } })
    },
    wanted: (id, live) => {
      demand().wanted(id, live ? PUSH_GRACE : 0)
      turned(id)
    },
    unwanted: (id) => {
      demand().unwanted(id)
      turned(id)
    },
    removed: (shown) => {
      events.safeDispatchEvent('content:removed', { detail: { block: view(shown) } })
    },
    obtained: (id, epoch, from) => exchange().obtained(id, epoch, from),
    known: (id, from) => exchange().acknowledge(id, from),
    wrong: (id, rule, from) => {
      exchange().wrong(id, from)
      events.safeDispatchEvent('device:penalised', { detail: { device: from, id, rule } })
    },
    refused: (id, rule, author) => {
      turned(id)
      events.safeDispatchEvent('content:refused', { detail: { id, author, rule } })
    },
    changed: (shown, kind) => {
      turned(shown.record.block.id)
      const type = kind === 'revoke' ? 'block:revoked' : 'block:reinstated'
      events.safeDispatchEvent(type, { detail: { block: view(shown) } })
    }
  }
}
