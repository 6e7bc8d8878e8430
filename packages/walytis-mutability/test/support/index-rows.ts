import { INDEX_VERSION } from '../../src/constants.ts'
import { authorOnly, encodePolicy, moderatedBy } from '../../src/policy.ts'
import { type ChangeRecord, link } from '../../src/state/versions.ts'
import type { Head, IndexState } from '../../src/storage/encoding.ts'
import { idOf, keyOf } from './drawn-chain.ts'

/** What the vectors of the index's rows stand for. */
const record = (name: number, kind: ChangeRecord['kind'], size: number): ChangeRecord => ({
  id: idOf(name).toString(),
  block: idOf(name),
  height: 10 + name,
  kind,
  author: 'did:walytis:alice',
  creator: keyOf('alice'),
  time: new Date(1_764_000_000_000 + name),
  size
})
const update = link(record(1, 'update', 12), [])
const removal = link(record(2, 'delete', 0), [update])
const early = { ...record(3, 'update', 0), time: new Date(-1) }

export const heads: { name: string; head: Head }[] = [
  { name: 'its own content', head: { deleted: false, revoked: false, shows: undefined } },
  { name: 'edited', head: { deleted: false, revoked: false, shows: update } },
  { name: 'edited, deleted, and out of effect', head: { deleted: true, revoked: true, shows: update } }
]

export const records = [
  { name: 'an update of the original', record: update, linked: update },
  { name: 'a delete of that', record: removal, linked: removal },
  { name: 'one that is denied, dated before 1970', record: early, linked: undefined }
]

export const states: { name: string; state: IndexState }[] = [
  {
    name: 'authors only',
    state: { version: INDEX_VERSION, consumer: 'walytis-mutability/0011223344556677', policy: encodePolicy(authorOnly) }
  },
  {
    name: 'moderated',
    state: { version: INDEX_VERSION, consumer: 'x', policy: encodePolicy(moderatedBy(['did:walytis:carol'])) }
  }
]
