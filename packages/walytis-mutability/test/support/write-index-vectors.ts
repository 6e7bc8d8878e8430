/** Writes the vectors of the index's rows anew: `node test/support/write-index-vectors.ts`. Only before the first release. */
import { writeFileSync } from 'node:fs'
import { encodeCount, encodeHead, encodeRecord, encodeState } from '../../src/storage/encoding.ts'
import { heads, records, states } from './index-rows.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const vectors = {
  heads: heads.map(({ name, head }) => ({ name, bytes: hex(encodeHead(head)) })),
  records: records.map(({ name, record, linked }) => ({ name, bytes: hex(encodeRecord(record, linked)) })),
  states: states.map(({ name, state }) => ({ name, bytes: hex(encodeState(state)) })),
  counts: [0, 70_000].map((count) => ({ name: `${count} deleted`, count, bytes: hex(encodeCount(count)) }))
}
writeFileSync(new URL('../fixtures/v1/index.json', import.meta.url), `${JSON.stringify(vectors, undefined, 2)}\n`)
