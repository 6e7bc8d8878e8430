import { describe, expect, it } from 'vitest'
import type { MessageView } from '../../src/app/view.ts'
import { newThread, withMessage, withOlder, withoutMessage, withStatuses } from '../../ui/client/thread.ts'

const message = (id: string, text = id): MessageView => {
  return { id, author: 'did:alice', mine: true, sentAt: 0, text, deleted: false, reactions: [], forwarded: false }
}
const page = (...ids: string[]) => ({ messages: ids.map((id) => message(id)), more: true })
const ids = ({ messages }: { messages: readonly MessageView[] }): string => messages.map(({ id }) => id).join('')

describe('the messages that a page holds', () => {
  it('puts a new one behind the one it stands behind', () => {
    const thread = newThread(page('c', 'd'))
    expect(ids(withMessage(thread, message('e'), 'd'))).toBe('cde')
    expect(ids(withMessage(thread, message('x'), 'c'))).toBe('cxd')
  })

  it('leaves one out that stands before all that is held', () => {
    const thread = newThread(page('c', 'd'))
    expect(ids(withMessage(thread, message('x'), 'a'))).toBe('cd')
    expect(ids(withMessage(thread, message('x'), undefined))).toBe('cd')
    expect(ids(withMessage({ ...thread, more: false }, message('x'), undefined))).toBe('xcd')
    expect(ids(withMessage(newThread({ messages: [], more: false }), message('a'), undefined))).toBe('a')
  })

  it('changes one that is held where it stands', () => {
    const thread = withMessage(newThread(page('c', 'd')), message('c', 'other'), 'b')
    expect(thread.messages.map(({ text }) => text)).toEqual(['other', 'd'])
    expect(withStatuses(thread, { d: 'read', x: 'read' }).messages.map(({ status }) => status)).toEqual([
      undefined,
      'read'
    ])
  })

  it('puts older ones in front once, and counts them', () => {
    const thread = withOlder(newThread(page('c', 'd')), { ...page('a', 'b', 'c'), more: false })
    expect(ids(thread)).toBe('abcd')
    expect(thread).toMatchObject({ prepended: 2, more: false })
    expect(ids(withoutMessage(thread, 'b'))).toBe('acd')
  })
})
