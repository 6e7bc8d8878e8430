import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasScreen, openInBrowser } from '../../src/app/open-page.ts'

const LINK = 'http://127.0.0.1:4010/#link=secret'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'demo-open-'))
})
afterEach(async () => await rm(home, { recursive: true, force: true }))

describe('opening the page', () => {
  it('F20 shows the link to nobody but the owner of the file that leads to it', async () => {
    const opened: string[] = []
    const remove = await openInBrowser(LINK, home, async (path) => opened.push(path))
    const [path = ''] = opened
    expect(path).not.toContain('secret')
    expect(await readFile(path, 'utf8')).toContain(`content="0;url=${LINK}"`)
    for (const held of [path, join(path, '..')]) expect((await stat(held)).mode & 0o077).toBe(0)
    await remove()
    expect(await readdir(home)).toEqual([])
  })

  it('leaves nothing behind where there is no browser', async () => {
    const failed = openInBrowser(LINK, home, async () => await Promise.reject(new TypeError('no browser')))
    await expect(failed).rejects.toThrow('no browser')
    expect(await readdir(home)).toEqual([])
  })

  it.each([
    [true, 'darwin', {}],
    [true, 'win32', {}],
    [true, 'linux', { DISPLAY: ':0' }],
    [true, 'linux', { WAYLAND_DISPLAY: 'wayland-0' }],
    [false, 'linux', {}],
    [false, 'linux', { DISPLAY: ':0', CI: 'true' }],
    [false, 'darwin', { SSH_CONNECTION: '192.0.2.1 22' }]
  ] as const)('is %s on %s with %o', (expected, platform, env) => {
    expect(hasScreen({ platform, env, terminal: true })).toBe(expected)
    expect(hasScreen({ platform, env, terminal: false })).toBe(false)
  })
})
