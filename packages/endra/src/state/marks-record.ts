/** What a device keeps of a chat besides its chain, as one secret of the key store: docs/protocol.md, "Marks". */
import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import type { BlockId } from 'walytis/interface'
import type { Did } from 'walytis-identities'
import { type Decoded, decodeCanonical, hasExactly, isMap } from '../canonical.ts'
import { FORMAT_VERSION, MAX_MARKED_DEVICES, MAX_MARKS_BYTES } from '../constants.ts'
import { isDid } from '../did.ts'
import { type DraftMark, defined, isCount, isDraft, isFrontier } from '../signals/format.ts'

/** What another device last said of itself. */
export interface DeviceMark {
  /** Whose device it is. */
  readonly member: Did
  readonly n: number
  readonly have: readonly BlockId[]
  readonly read: readonly BlockId[]
}

/** What a device keeps of a chat besides its chain. */
export interface Marks {
  /** No state that this device told others has a larger number. */
  readonly n: number
  /** What the profile has read. */
  readonly read: readonly BlockId[]
  /** In order of arrival here, everything up to this message has been read. */
  readonly settled?: BlockId | undefined
  readonly draft?: DraftMark | undefined
  readonly devices: ReadonlyMap<Did, DeviceMark>
}

/** A chat in which nothing has been read. */
export const NO_MARKS: Marks = { n: 0, read: [], devices: new Map() }

/** The canonical bytes of marks. */
export function encodeMarks({ n, read, settled, draft, devices }: Marks): Uint8Array {
  const kept = [...devices].slice(0, MAX_MARKED_DEVICES)
  return encode({ v: FORMAT_VERSION, n, read, ...defined({ settled, draft }), devices: Object.fromEntries(kept) })
}

/** The marks that bytes hold, or the rule that they break. Never throws. */
export function decodeMarks(bytes: Uint8Array): Decoded<Marks> {
  const decoded = decodeCanonical(bytes, { bytes: MAX_MARKS_BYTES, depth: 5 })
  if (!decoded.ok) return decoded
  const map = decoded.value
  if (!isMap(map) || map['v'] !== FORMAT_VERSION) return { ok: false, rule: 'version' }
  if (!hasExactly(map, ['v', 'n', 'read', 'devices'], ['settled', 'draft'])) return { ok: false, rule: 'fields' }
  const { n, read, settled, draft, devices } = map
  const settledAt = settled === undefined ? undefined : CID.asCID(settled)
  if (!isCount(n) || !isFrontier(read) || settledAt === null) return { ok: false, rule: 'marks' }
  if ((draft !== undefined && !isDraft(draft)) || !isMap(devices)) return { ok: false, rule: 'marks' }
  const entries = Object.entries(devices)
  if (!entries.every(([did, mark]) => isDid(did) && isDeviceMark(mark))) return { ok: false, rule: 'devices' }
  return { ok: true, value: { n, read, settled: settledAt, draft, devices: new Map(entries as [Did, DeviceMark][]) } }
}

function isDeviceMark(value: unknown): value is DeviceMark {
  if (!isMap(value) || !hasExactly(value, ['member', 'n', 'have', 'read'])) return false
  return isDid(value['member']) && isCount(value['n']) && isFrontier(value['have']) && isFrontier(value['read'])
}
