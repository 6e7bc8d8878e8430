import { expect, it } from 'vitest'
import { blockIdOf, contentIdOf } from '../../src/block/id.ts'
import { download } from '../../src/content/download.ts'
import { decodeContentMessage, encodeContentMessage } from '../../src/content/messages.ts'
import { AccessDeniedError } from '../../src/errors.ts'

it('R13 takes no node of a content from a peer that lost its permission meanwhile', async () => {
  const chain = blockIdOf(Uint8Array.of(1))
  const sent = [encodeContentMessage({ type: 'answer', until: 3 }), Uint8Array.of(1, 2, 3)]
  const asked: unknown[] = []
  let isMember = true
  const kept: unknown[] = []
  const unused = () => Promise.reject(new RangeError('not asked for'))
  const downloading = download({
    chain,
    block: blockIdOf(Uint8Array.of(2)),
    reference: { root: contentIdOf(new Uint8Array()), size: 700_000 },
    frames: {
      read: async () => {
        if (sent.length === 1) isMember = false
        return sent.shift() ?? expect.unreachable('read on after the refusal')
      },
      write: async (messages) => {
        asked.push(...messages.map((message) => decodeContentMessage(message)?.type))
      },
      close: async () => {},
      abort: () => {}
    },
    files: {
      of: async () => undefined,
      progress: async () => undefined,
      read: unused,
      append: async (...nodes) => {
        kept.push(nodes)
      },
      refuse: unused,
      complete: unused,
      lacking: async function* () {}
    },
    permits: () => isMember,
    signal: AbortSignal.timeout(60_000)
  })
  await expect(downloading).rejects.toBeInstanceOf(AccessDeniedError)
  expect(asked).toEqual(['fetch'])
  expect(kept).toEqual([])
})
