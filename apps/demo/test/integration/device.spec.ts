import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeviceProcess } from '../../src/device-process.ts'
import { freePort } from '../../src/wire/recording-proxy.ts'
import { programOf, type Ran, run } from '../support/run.ts'

let root: string
let ends: (() => Promise<unknown>)[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'demo-device-'))
  await writeFile(join(root, 'passphrase'), 'correct horse battery staple\n')
  ends = []
})

afterEach(async () => {
  for (const end of ends) await end()
  await rm(root, { recursive: true, force: true })
})

/** One call of the device program on somebody's folder. */
async function device(who: string, ...command: string[]): Promise<Ran> {
  return await run('device', ['--storage', join(root, who), '--passphrase-file', join(root, 'passphrase'), ...command])
}

/** Do something with the invitation that Alice's device prints; once it is done, her device is stopped and must end well. */
async function whileInviting(command: string[], work: (invitation: string) => Promise<Ran>): Promise<Ran> {
  const done = Promise.withResolvers<Ran>()
  const options = ['--storage', join(root, 'alice'), '--passphrase-file', join(root, 'passphrase'), ...command]
  const inviting = await run('device', options, (child) => {
    let begun = false
    child.onOutput((out) => {
      if (begun || !out.includes('\n')) return
      begun = true
      work(out.split('\n')[0] ?? '')
        .finally(() => child.kill('SIGINT'))
        .then(done.resolve, done.reject)
    })
  })
  expect(inviting).toMatchObject({ code: 0, err: '' })
  expect(inviting.out).toMatch(/^endra:\S+\n(joined|linked): did:walytis:\w+\n$/)
  return await done.promise
}

/** Somebody's device as a process that goes on. */
async function serve(who: string): Promise<DeviceProcess> {
  const address = `/ip4/127.0.0.1/tcp/${await freePort()}`
  const process = await DeviceProcess.start(
    {
      program: programOf('device'),
      name: who,
      storage: join(root, who),
      passphraseFile: join(root, 'passphrase'),
      listen: address,
      announce: address,
      debug: false,
      deadlineMs: 60_000
    },
    (child) => {
      const ended = once(child, 'close')
      ends.push(async () => {
        child.kill('SIGKILL')
        await ended
      })
    }
  )
  return process
}

/** What every failure must be: one sentence that begins with the error's name, no stack, an exit code other than 0. */
function expectFailure(ran: Ran, name: string): void {
  expect(ran.err).toMatch(new RegExp(`^${name}: [A-Z].*\\.?\\n$`))
  expect(ran.err).not.toMatch(/\n\s+at /)
  expect(ran.code).not.toBe(0)
  expect(ran.out).toBe('')
}

describe('the device program', () => {
  it('keeps a profile, a chat and its messages from one call to the next', async () => {
    expect((await device('alice', 'create', 'Alice')).out).toMatch(/^did:walytis:\w+\n$/)
    const chat = (await device('alice', 'new', 'Tea at five')).out.trim()
    expect((await device('alice', 'send', chat, 'Hello')).code).toBe(0)
    expect((await device('alice', 'chats')).out).toBe(`${chat}  Tea at five\n`)
    const read = await device('alice', 'read', chat)
    expect(read).toMatchObject({ code: 0, err: '' })
    expect(read.out).toMatch(/^20\S+Z {2}Alice: Hello\n$/)
    await device('alice', 'send', chat, 'Hi\n2026-01-01T00:00:00.000Z  Bob: \u001b[31mI agree')
    expect((await device('alice', 'read', chat)).out.trimEnd().split('\n')[1]).toMatch(
      /Alice: Hi ⏎ 2026\S+ {2}Bob: \ufffd\[31mI agree$/
    )
  }, 120_000)

  it('lets others join, and devices be linked, while it stays reachable', async () => {
    await device('alice', 'create', 'Alice')
    const chat = (await device('alice', 'new', 'Tea at five')).out.trim()
    await device('bob', 'create', 'Bob')
    const bob = await whileInviting(['invite', chat], async (line) => await device('bob', 'join', line))
    expect(bob).toMatchObject({ code: 0, err: '', out: `${chat}  Tea at five\n` })
    const phone = await whileInviting(['invite-device'], async (line) => await device('phone', 'link', line))
    expect(phone).toMatchObject({ code: 0, err: '' })
    expect(phone.out).toMatch(/^did:walytis:\w+ {2}Alice\n$/)
    expect((await device('phone', 'chats')).out).toBe(`${chat}  Tea at five\n`)
  }, 240_000)

  it('says in one sentence that there is no profile, chat, passphrase or such command', async () => {
    expectFailure(await device('alice', 'chats'), 'UsageError')
    await device('alice', 'create', 'Alice')
    expectFailure(await device('alice', 'read', 'no-such-chat'), 'NotFoundError')
    expectFailure(
      await run('device', ['--storage', join(root, 'alice'), '--passphrase-file', join(root, 'none'), 'chats']),
      'FileNotFoundError'
    )
    expect((await device('alice', 'fly')).code).not.toBe(0)
  }, 120_000)

  it('shows the stack when asked', async () => {
    const ran = await device('alice', '--debug', 'chats')
    expect(ran.err).toMatch(/^UsageError: .*\n[\s\S]*\n\s+at /)
    expect(ran.code).not.toBe(0)
  }, 60_000)
})

describe('a failure is a named error, one clear sentence, and an exit code:', () => {
  it('a wrong invitation', async () => {
    await device('alice', 'create', 'Alice')
    expectFailure(await device('alice', 'join', 'endra:nonsense'), 'InvitationError')
    expectFailure(await device('alice', 'join', 'hello'), 'InvitationError')
    expectFailure(await device('bob', 'link', 'endra:nonsense'), 'InvitationError')
  }, 120_000)

  it('F12 a second use of an invitation for one', async () => {
    const alice = await serve('alice')
    await alice.call('createProfile', { name: 'Alice', deviceName: 'laptop' })
    const { id: chat } = await alice.call('createChat', { title: 'Tea at five' })
    const invitation = await alice.call('invite', { chat })
    await device('bob', 'create', 'Bob')
    expect(await device('bob', 'join', invitation)).toMatchObject({ code: 0, err: '', out: `${chat}  Tea at five\n` })
    await device('carol', 'create', 'Carol')
    expectFailure(await device('carol', 'join', invitation), 'InvitationError')
    expect(await alice.call('members', { chat })).toHaveLength(2)
  }, 180_000)

  it('a wrong passphrase', async () => {
    await device('alice', 'create', 'Alice')
    await writeFile(join(root, 'passphrase'), 'wrong horse\n')
    expectFailure(await device('alice', 'chats'), 'WrongPassphraseError')
  }, 60_000)

  it('a damaged store', async () => {
    await device('alice', 'create', 'Alice')
    for (const name of await readdir(join(root, 'alice'))) {
      if (name.startsWith('MANIFEST-')) await writeFile(join(root, 'alice', name), 'this is no manifest')
    }
    expectFailure(await device('alice', 'chats'), 'StoreCorruptError')
  }, 60_000)

  it('F1 a store without CURRENT, which is not taken for an empty one', async () => {
    await device('alice', 'create', 'Alice')
    const current = join(root, 'alice', 'CURRENT')
    const kept = await readFile(current)
    await rm(current)
    const files = await readdir(join(root, 'alice'))
    expectFailure(await device('alice', 'chats'), 'StoreCorruptError')
    expectFailure(await device('alice', 'create', 'Mallory'), 'StoreCorruptError')
    expect(await readdir(join(root, 'alice'))).toEqual(files)
    await writeFile(current, kept)
    expect(await device('alice', 'chats')).toMatchObject({ code: 0, err: '' })
  }, 60_000)

  it('F1 a damaged log, which is not read without what was confirmed', async () => {
    await device('alice', 'create', 'Alice')
    const chat = (await device('alice', 'new', 'Tea at five')).out.trim()
    await device('alice', 'send', chat, 'Hello')
    const name = (await readdir(join(root, 'alice'))).find((each) => each.endsWith('.log')) ?? 'none'
    const log = join(root, 'alice', name)
    const whole = await readFile(log)
    for (const at of [5, 500, Math.floor(whole.byteLength / 2)]) {
      const damaged = Uint8Array.from(whole)
      damaged.set([(whole[at] ?? 0) ^ 0xff, (whole[at + 1] ?? 0) ^ 0xff], at)
      await writeFile(log, damaged)
      expectFailure(await device('alice', 'read', chat), 'StoreCorruptError')
      expectFailure(await device('alice', 'send', chat, 'after'), 'StoreCorruptError')
      expect(await readFile(log)).toEqual(Buffer.from(damaged))
    }
    await writeFile(log, whole)
    expect((await device('alice', 'read', chat)).out).toMatch(/Alice: Hello\n$/)
  }, 120_000)

  it('F1 a damaged table, wherever the damage is: nothing is read from it as if it were sound', async () => {
    await device('alice', 'create', 'Alice')
    const chat = (await device('alice', 'new', 'Tea at five')).out.trim()
    await device('alice', 'send', chat, 'Hello')
    // what the next opening finds in the log it writes into a table
    const read = (await device('alice', 'read', chat)).out
    const [folder, whole] = [join(root, 'alice'), join(root, 'whole')]
    await cp(folder, whole, { recursive: true })
    const tables = await Promise.all(
      (await readdir(whole))
        .filter((name) => name.endsWith('.ldb'))
        .map(async (name) => ({ name, bytes: await readFile(join(whole, name)) }))
    )
    const [table] = tables.sort((one, other) => other.bytes.byteLength - one.bytes.byteLength)
    if (table === undefined) return expect.unreachable('no table')
    let refused = 0
    for (const part of [0.05, 0.3, 0.6, 0.9]) {
      // each time from the same folder: an opening may write tables anew, and use the old ones no more
      await rm(folder, { recursive: true })
      await cp(whole, folder, { recursive: true })
      const damaged = Uint8Array.from(table.bytes)
      const at = Math.floor(part * damaged.byteLength)
      damaged.set([(damaged[at] ?? 0) ^ 0xff], at)
      await writeFile(join(folder, table.name), damaged)
      const { code, err, out } = await device('alice', 'read', chat)
      // whose card is lost shows by the end of their DID until it has been repaired
      if (code === 0) expect(out.replace(/(?<=Z {2})[a-z2-7]{8}(?=: )/, 'Alice')).toBe(read)
      else {
        refused += 1
        expect(err).toMatch(/^(StoreCorrupt|DamagedRecord|KeyStoreCorrupt|GroupCorrupt)Error: [^\n]+\n$/)
      }
    }
    expect(refused).toBeGreaterThan(0)
  }, 120_000)

  it('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    ends.push(async () => server.close())
    const { port } = server.address() as { port: number }
    expectFailure(await device('alice', '--listen', `/ip4/127.0.0.1/tcp/${port}`, 'create', 'Alice'), 'ListenError')
  }, 60_000)

  it('F18 a folder that another process holds', async () => {
    const holder = await serve('alice')
    await holder.call('createProfile', { name: 'Alice', deviceName: 'laptop' })
    expectFailure(await device('alice', 'chats'), 'StoreLockedError')
    expect(await holder.call('chats', {})).toEqual([])
    await holder.stop()
    expect((await device('alice', 'chats')).code).toBe(0)
  }, 120_000)
})
