/** Messages of 256 bytes to a group of ours, through the layer that seals: a system of its own, since it stands on two packages. */
import type { RawBlock } from 'walytis/interface'
import type { Group } from 'walytis-identities'
import { privately } from 'walytis-offchain'
import { systems } from './contract.ts'

interface Harness {
  prepare(members: number): Promise<void>
  admit(): Promise<number>
  open(): Promise<{ group: Group; take: (raw: RawBlock) => Promise<void> }>
}

const count = 200
/** Those that only warm up. */
const first = 100

/** Milliseconds each. `make`: sealed and in the database; `read`: checked as from a peer, and opened. All in memory. */
export async function measure(members: number): Promise<{ make: number; read: number }> {
  const harness = (await import(systems['walytis']?.href ?? '')) as Harness
  await harness.prepare(members)
  await harness.admit()
  const { group, take } = await harness.open()
  const chat = await privately(group)
  const text = crypto.getRandomValues(new Uint8Array(256))
  for (let sent = 0; sent < first; sent++) await chat.add(text)
  const began = performance.now()
  for (let sent = 0; sent < count; sent++) await chat.add(text)
  const make = (performance.now() - began) / count
  const raws: RawBlock[] = []
  for await (const { block, content } of group.blockchain.records()) {
    const isMessage = block.chain !== null && block.topics.length === 0
    if (isMessage) raws.push({ block: block.bytes, content })
  }
  if (raws.length !== first + count) throw new RangeError(`${raws.length} messages`)
  for (const raw of raws.slice(0, first)) await take(raw)
  const taking = performance.now()
  for (const raw of raws.slice(first)) await take(raw)
  let read = 0
  for await (const block of chat.blocks({ limit: count })) {
    if ((await block.content()).length !== text.length) throw new RangeError('not what was sent')
    read++
  }
  if (read !== count) throw new RangeError(`${read} messages instead of ${count}`)
  return { make, read: (performance.now() - taking) / count }
}

export async function close(): Promise<void> {}
