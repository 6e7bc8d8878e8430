import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appMethods } from '../../src/app/methods.ts'
import { Session } from '../../src/app/session.ts'
import { callMethod } from '../../src/server/methods.ts'

const PASSPHRASE = 'correct horse battery'

let folder: string
let session: Session
let failures: unknown[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-session-'))
  failures = []
  session = new Session({
    folder,
    node: { listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } },
    failed: (error) => failures.push(error)
  })
  await session.start()
})

afterEach(async () => {
  await session.lock()
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  expect(failures).toEqual([])
})

const states = (): string[] => {
  const seen: string[] = []
  session.events.follow((_, event) => {
    if (event.type === 'device' && event.device.state !== seen.at(-1)) seen.push(event.device.state)
  })
  return seen
}

describe('a device that is locked', () => {
  it('F20 tells a page that comes back nothing of what was said before', async () => {
    await session.unlock(PASSPHRASE)
    await session.createProfile('Alice', 'Laptop')
    const chat = await callMethod(appMethods, session, 'createChat', { title: 'Picnic' })
    await callMethod(appMethods, session, 'send', { chat, text: 'the plaintext' })
    const since = session.events.last - 1
    await session.lock()
    expect(session.events.since(0)).toBeUndefined()
    expect(session.events.since(since)).toBeUndefined()
    const kept = session.events.since(session.events.last)
    expect(JSON.stringify([kept, session.snapshot()])).not.toMatch(/plaintext|Picnic|Alice/)
    await expect(callMethod(appMethods, session, 'messages', { chat })).rejects.toThrow('not open')
  })

  it('may be locked while it is being unlocked, and unlocked while it is being locked', async () => {
    await session.unlock(PASSPHRASE)
    await session.createProfile('Alice', 'Laptop')
    const seen = states()
    const locking = session.lock()
    const unlocking = session.unlock(PASSPHRASE)
    await Promise.all([locking, unlocking, session.lock()])
    expect(seen).toEqual(['locked', 'unlocking', 'ready', 'locked'])
    await session.unlock(PASSPHRASE)
    expect(session.snapshot().device).toMatchObject({ state: 'ready', profile: { name: 'Alice' } })
  })

  it('stays as it was after a wrong passphrase', async () => {
    await session.unlock(PASSPHRASE)
    await session.lock()
    await expect(session.unlock('something else')).rejects.toMatchObject({ name: 'WrongPassphraseError' })
    expect(session.snapshot().device.state).toBe('locked')
    await session.unlock(PASSPHRASE)
    expect(session.snapshot().device.state).toBe('welcome')
  })
})
