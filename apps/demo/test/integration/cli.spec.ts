import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ran, type RunningProgram, run } from '../support/run.ts'

let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'demo-cli-'))
  await writeFile(join(root, 'passphrase'), 'correct horse battery staple\n')
  await writeFile(join(root, 'wrong'), 'something else\n')
})

afterAll(async () => await rm(root, { recursive: true, force: true }))

async function endra(...command: string[]): Promise<Ran> {
  const where = ['--folder', join(root, 'alice'), '--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns']
  return await run('cli', [...where, '--passphrase-file', join(root, 'passphrase'), ...command])
}

/** The lines of JSON that a command answers. */
async function json(...command: string[]): Promise<Record<string, unknown>[]> {
  const { code, out, err } = await endra('--json', ...command)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** The tests of this file go on where the one before ended. */
describe('the messenger in the terminal', () => {
  it('begins, makes a chat, and writes', async () => {
    expect(await json('init', 'Alice', '--device-name', 'Server')).toMatchObject([{ name: 'Alice', device: 'Server' }])
    const [chat] = await json('chat', 'new', 'Tea at five')
    await json('chat', 'send', 'Tea at five', 'Hello\u001b[2J\nthere')
    await json('chat', 'send', String(chat?.['id']), 'And again')
  })

  it('reads what was written', async () => {
    expect(await json('chat', 'tail', 'Tea at five', '-n', '1')).toMatchObject([{ name: 'Alice', text: 'And again' }])
    expect(await json('chat', 'export', 'Tea at five')).toHaveLength(2)
  })

  it('lists chats and devices', async () => {
    expect(await json('chat', 'list')).toMatchObject([{ title: 'Tea at five', unread: 0 }])
    expect(await json('device', 'list')).toMatchObject([{ name: 'Server', current: true }])
  })

  it('lets nothing that somebody wrote do anything to the terminal', async () => {
    const { out } = await endra('chat', 'tail', 'Tea at five')
    expect(out.split('\n')[0]).toMatch(/^\S+Z {2}Alice: Hello\ufffd\[2J ⏎ there$/)
  })

  it('says who is reached', async () => {
    expect((await endra('doctor')).out).toMatch(
      /^Others reach this device at: \/ip4\/127[^\n]+\nTea at five: only you, so far\n$/
    )
  })

  it('tells scripts by its exit code what went wrong, and people in one sentence', async () => {
    expect(await endra('chat', 'tail', 'did:walytis:none')).toMatchObject({
      code: 4,
      err: expect.stringMatching(/^NotFoundError: /)
    })
    expect(await endra('--passphrase-file', join(root, 'wrong'), 'chat', 'list')).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^WrongPassphraseError: [^\n]+\n$/)
    })
    expect(await endra('chat', 'join', 'endra:nonsense')).toMatchObject({ code: 4 })
  })

  it('tells wrong use by its exit code', async () => {
    expect(await endra('init', 'Bob')).toMatchObject({ code: 2 })
    expect(await endra('chat', 'tail')).toMatchObject({ code: 2 })
    expect(await endra('nothing')).toMatchObject({ code: 2 })
    expect(JSON.parse((await endra('--json', 'chat', 'join', 'endra:nonsense')).err)).toMatchObject({
      error: 'InvitationError'
    })
  })

  it('makes one more device one’s own once the codes have been compared', async () => {
    const where = (who: string): string[] => {
      const passphrase = ['--passphrase-file', join(root, 'passphrase')]
      return ['--json', '--folder', join(root, who), '--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', ...passphrase]
    }
    const invitation = Promise.withResolvers<string>()
    const asked = Promise.withResolvers<string>()
    const linked = Promise.withResolvers<void>()
    const inviting = Promise.withResolvers<RunningProgram>()
    const invited = run('cli', [...where('alice'), 'device', 'invite'], (child) => {
      inviting.resolve(child)
      child.onOutput((out) => {
        const line = /"invitation":"([^"]+)"/.exec(out)?.[1]
        if (line !== undefined) invitation.resolve(line)
        const code = /"code":"(\d{6})"/.exec(out)?.[1]
        if (code !== undefined) asked.resolve(code)
        if (out.includes('"linked"')) linked.resolve()
      })
    })
    const shown = Promise.withResolvers<string>()
    const linking = run('cli', [...where('phone'), 'link', await invitation.promise], (child) => {
      child.onOutput((out) => shown.resolve(/"code":"(\d{6})"/.exec(out)?.[1] ?? ''))
    })
    expect(await asked.promise).toBe(await shown.promise)
    const alice = await inviting.promise
    alice.say('y\n')
    expect(await linking).toMatchObject({ code: 0, out: expect.stringContaining('"name":"Alice"') })
    await linked.promise
    alice.kill('SIGINT')
    expect(await invited).toMatchObject({ code: 0 })
  })

  it('has a help worth reading', async () => {
    const { code, out } = await run('cli', ['--help'])
    expect(code).toBe(0)
    expect(out).toMatch(/init <name>|init \[options\] <name>/)
    expect(out).toContain('Exit codes')
  })
})
