import { describe, expect, it } from 'vitest'
import type { Replica } from '../../src/replica.ts'
import { ChainEntry } from '../../src/sync/chain-entry.ts'
import { MAX_LIVE_PARTNERS } from '../../src/sync/limits.ts'
import type { Link } from '../../src/sync/link.ts'
import type { LinkEvent } from '../../src/sync/link-state.ts'
import { createActor } from '../../src/testing/actors.ts'
import { NOBODY } from '../support/local-chains.ts'

describe('the partners of a chain', () => {
  it('are pushed new blocks up to a number; others take the place of those who leave', () => {
    const entry = new ChainEntry({ id: 'chain', replica: {} as Replica, access: NOBODY })
    const eager = new Map<string, boolean>()
    const partners = Array.from({ length: MAX_LIVE_PARTNERS + 2 }, (_, i) => {
      const { peerId } = createActor(`partner ${i}`)
      const take = (event: LinkEvent): void => {
        if (event.type === 'eager') eager.set(peerId.toString(), event.eager)
      }
      return { peerId, link: { dispatch: take } as Link }
    })
    for (const { peerId, link } of partners) entry.join(peerId, link)
    const live = () => partners.filter(({ peerId }) => eager.get(peerId.toString()) === true)
    expect(live()).toEqual(partners.slice(0, MAX_LIVE_PARTNERS))
    const [first] = partners
    if (first === undefined) return expect.unreachable()
    entry.leave(first.peerId, first.link)
    eager.delete(first.peerId.toString())
    expect(live()).toEqual(partners.slice(1, MAX_LIVE_PARTNERS + 1))
  })
})
