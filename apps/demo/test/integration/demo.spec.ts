import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run } from '../support/run.ts'

const temporaryFolders = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('endra-demo-'))

/** Processes whose command line names this path. */
async function processesNaming(path: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const { readFile } = await import('node:fs/promises')
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (line.includes(path)) found.push(line.replaceAll('\0', ' '))
  }
  return found
}

describe('the demo', () => {
  it('R13 R14 R33 tells the whole story, and ends with a line of JSON in which all is as it should be', async () => {
    const root = await mkdtemp(join(tmpdir(), 'demo-kept-'))
    const kept = join(root, 'kept')
    try {
      const { code, out, err } = await run('demo', ['--keep', kept])
      expect(err).toBe('')
      const milestones = [
        /is linked to "Alice Liddell"/,
        /Alice's phone +has the chat "Picnic by the river"/,
        /Bob's laptop +joined "Picnic by the river"/,
        /Bob's laptop +reads "Shall we meet on Saturday at eleven\?"/,
        /Alice's laptop +reads "Saturday is fine, I bring lemonade" \(Bob Cratchit\)/,
        /Bob's laptop +shows "Shall we meet on Sunday at noon instead\?", edited/,
        /Alice's phone +shows 2 messages/,
        /Bob's laptop +has them all: half within [\d.]+ ms/,
        /Alice's phone +is killed \(SIGKILL\)/,
        /Alice's phone +catches up: "There are two in the basket"/,
        /Bob's laptop +the invitation, used again: let in/,
        /Bob's laptop +keys from device .*: 1 key/,
        /Alice's laptop +removes Bob/,
        /Alice's phone +reads "Now we can plan the surprise for Bob"/,
        /Bob's laptop +the invitation, used again: refused \(InvitationError\)/,
        /Bob's laptop +sync: level with 0 devices; the block is not here/,
        /Bob's laptop +content from device .*: refused/,
        /Bob's laptop +keys from device .*: refused/,
        /the last of them: "There are two in the basket"/,
        /search +finds 6 of 6 planted texts/
      ]
      let from = 0
      for (const milestone of milestones) {
        const at = out.slice(from).search(milestone)
        expect(at, `${milestone} after\n${out.slice(0, from)}\nin\n${out.slice(from)}`).toBeGreaterThanOrEqual(0)
        from += at
      }
      const summary = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '')
      expect(summary).toMatchObject({
        devices: 3,
        messages: 105,
        converged: true,
        plaintextOnDisk: false,
        removedMemberReadsNew: false,
        measuredMessages: 100,
        plaintextOnWire: false
      })
      expect(summary.p50DeliveryMs).toBeGreaterThan(0)
      expect(code).toBe(0)
      expect((await readdir(kept)).sort()).toEqual(['bob', 'laptop', 'passphrases', 'phone'])

      const again = await run('demo', ['--keep', kept])
      expect(again.err).toMatch(/^UsageError: The folder to keep, .*, is not empty\.\n$/)
      expect(again.code).toBe(1)
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  }, 300_000)

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'stops everything and leaves nothing when it gets %s in the middle',
    async (signal) => {
      const before = await temporaryFolders()
      let folder = ''
      const { code, out } = await run('demo', [], (child) => {
        let sent = false
        child.onOutput((text) => {
          folder = /in (\S+endra-demo-\w+)/.exec(text)?.[1] ?? folder
          if (sent || !text.includes('made the profile')) return
          sent = true
          child.kill(signal)
        })
      })
      expect(code).toBe(signal === 'SIGINT' ? 130 : 143)
      expect(out).not.toContain('{')
      expect(folder).not.toBe('')
      expect(await processesNaming(folder)).toEqual([])
      expect((await temporaryFolders()).filter((name) => !before.includes(name))).not.toContain(
        folder.split('/').at(-1)
      )
    },
    120_000
  )
})
