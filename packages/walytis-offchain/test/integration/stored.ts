import type { BlockId } from 'walytis/interface'
import { ContentStore } from '../../src/store/content-store.ts'
import type { Member } from './members.ts'

/** What lies in a member's store, read past the chain that owns it. */
async function storeOf(member: Member): Promise<ContentStore> {
  return await ContentStore.open(member.group.store, member.chain.id, member.keyStore)
}

/** The envelope of a block as a member keeps it. */
export async function envelopeOf(member: Member, id: BlockId): Promise<Uint8Array> {
  const store = await storeOf(member)
  const row = await store.row(id)
  const envelope = row === undefined ? undefined : await store.envelope(row)
  if (envelope === undefined) throw new TypeError(`${member.name} has no envelope of ${id.toString()}`)
  return envelope
}

/** Make a member lose the envelope of a block, as by a damaged disk. */
export async function loseEnvelope(member: Member, id: BlockId): Promise<void> {
  const store = await storeOf(member)
  const row = await store.row(id)
  if (row === undefined) throw new TypeError(`${member.name} does not know ${id.toString()}`)
  await store.write([
    store.deleteEnvelope(row.envelope),
    store.putRow(id, { ...row, envelope: 0 }),
    store.putAbsent({ id, sizeClass: 256, pinned: false })
  ])
}
