import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

/** A word that stands nowhere by chance. */
function word(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString('base64url')
}

it('R39 the logs show no text, topic, register, key or invitation, with all of them on', async () => {
  const words = { text: word(), topic: word(), register: word() }
  const { out, log, code } = await run(
    fileURLToPath(new URL('../support/loud-process.ts', import.meta.url)),
    JSON.stringify(words)
  )
  expect(code, log.slice(-2_000)).toBe(0)
  // The logs are really on.
  expect(log).toContain('libp2p')
  expect(log).toContain('walytis')
  const [line, ...keys] = JSON.parse(out) as string[]
  const secrets: [string, string][] = [
    ...Object.entries(words),
    ['invitation', line?.split('.').at(-1) ?? ''],
    ...keys.map((key): [string, string] => ['key', key])
  ]
  for (const [name, secret] of secrets) {
    expect(secret.length, name).toBeGreaterThan(8)
    expect(log.includes(secret), `${name} is in the log`).toBe(false)
  }
}, 120_000)

async function run(program: string, input: string): Promise<{ out: string; log: string; code: number | null }> {
  const child = spawn(process.execPath, [program], { env: { ...process.env, DEBUG: '*,*:trace' } })
  const out: Buffer[] = []
  const log: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => out.push(data))
  child.stderr.on('data', (data: Buffer) => log.push(data))
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { out: Buffer.concat(out).toString(), log: Buffer.concat(log).toString(), code }
}
