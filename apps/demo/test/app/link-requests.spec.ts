import { describe, expect, it } from 'vitest'
import { LinkRequests } from '../../src/app/link-requests.ts'

const request = (device: `did:walytis:${string}`, code: string, signal = new AbortController().signal) => {
  return { device, member: device, code, signal }
}

describe('devices that wait to be confirmed', () => {
  it('are asked about one after the other, and let in by a yes only', async () => {
    let changes = 0
    const links = new LinkRequests(() => {
      changes += 1
    })
    const phone = links.confirm(request('did:walytis:phone', '123456'))
    const thief = links.confirm(request('did:walytis:thief', '654321'))
    expect(links.first).toEqual({ device: 'did:walytis:phone', code: '123456' })
    links.answer('did:walytis:phone', true)
    expect(await phone).toBe(true)
    expect(links.first).toEqual({ device: 'did:walytis:thief', code: '654321' })
    links.answer('did:walytis:thief', false)
    expect(await thief).toBe(false)
    expect({ first: links.first, changes }).toEqual({ first: undefined, changes: 4 })
  })

  it('are not let in once they have gone', async () => {
    const links = new LinkRequests(() => undefined)
    const going = new AbortController()
    const phone = links.confirm(request('did:walytis:phone', '123456', going.signal))
    going.abort()
    expect(await phone).toBe(false)
    expect(await links.confirm(request('did:walytis:phone', '123456', AbortSignal.abort()))).toBe(false)
    expect(() => links.answer('did:walytis:phone', true)).toThrow('has gone')
  })
})
