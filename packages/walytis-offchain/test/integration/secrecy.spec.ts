import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { domains } from '../../src/domains.ts'
import { arrival, bytes, Cast, type Member, stop } from './members.ts'

const PLAINTEXT = 'PLANTED-plaintext: meet me at the old bridge at nine'
const TOPIC = 'PLANTED-topic'

let cast: Cast
let alice: Member
let bob: Member

beforeEach(async () => {
  cast = new Cast()
  alice = await cast.founder('alice')
  bob = await cast.joiner('bob', alice)
  await alice.chain.add(bytes(PLAINTEXT), { topics: [TOPIC] })
  await arrival(bob, PLAINTEXT)
})
afterEach(async () => {
  await cast.end()
})

/** What would give the content away: itself, its topic, and hashes of them that anybody can compute. */
function traces(): [string, Uint8Array][] {
  const hashed = ['sha256', 'sha512', 'sha1', 'md5', 'sha3-256', 'blake2b512'].map((name): [string, Uint8Array] => [
    name,
    createHash(name).update(PLAINTEXT).digest().subarray(0, 16)
  ])
  return [
    ['plaintext', bytes(PLAINTEXT)],
    ['part of the plaintext', bytes('old bridge')],
    ['topic', bytes(TOPIC)],
    ['hash of the topic', createHash('sha256').update(TOPIC).digest().subarray(0, 16)],
    ...hashed
  ]
}

describe('who has no keys', () => {
  it('R32 finds in the chain no plaintext, no topic, and no hash of them', async () => {
    const chain: Uint8Array[] = []
    for await (const { block, content } of alice.group.blockchain.records()) chain.push(block.bytes, content)
    const all = Buffer.concat(chain)
    expect(all.includes(alice.group.blockchain.writer?.creator.raw ?? bytes('nobody'))).toBe(true)
    for (const [what, trace] of traces()) expect([what, all.includes(trace)]).toEqual([what, false])
  })

  it('R33 finds on the disks no plaintext, no topic, and no secret of an epoch', async () => {
    const secrets: [string, Uint8Array][] = []
    for await (const { block } of alice.group.blockchain.records()) {
      const epoch = alice.group.epochs.held(block.id)
      if (epoch === undefined) continue
      secrets.push(['details key', epoch.secret(domains.detailsSecret)])
    }
    expect(secrets.length).toBeGreaterThan(0)
    await bob.walytis.store.put('canary', 'CANARY: the search finds what is there')
    await stop(alice)
    await stop(bob)
    const folders = await Promise.all([alice, bob].map(async ({ folder }) => await filesUnder(folder)))
    const holds = (trace: Uint8Array) => folders.flat().some((file) => file.includes(trace))
    expect(holds(bytes('CANARY: the search finds what is there'))).toBe(true)
    for (const [what, trace] of [...traces(), ...secrets]) expect([what, holds(trace)]).toEqual([what, false])
  })
})

async function filesUnder(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return await Promise.all(files.map(async (file) => await readFile(join(file.parentPath, file.name))))
}
