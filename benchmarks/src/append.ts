/** Awaited `add`s of 256 bytes, each synced to disk, beside bare synced puts of as many bytes. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWalytis } from 'walytis'
import { openBareLevel } from './bare-level.ts'
import { interleave, type Line, rate, summarise } from './harness.ts'
import { local } from './local.ts'

const size = 256
const perRound = 200
/** At least this part of what a bare synced put reaches in the same run. */
const bar = 0.4

/** Measures it. */
export async function measureAppend(): Promise<Line[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-append-'))
  const node = await createWalytis({ ...local, storage: join(folder, 'node') })
  const level = await openBareLevel(join(folder, 'bare'), size)
  try {
    const chain = await node.create({ name: 'append' })
    const content = randomBytes(size)
    const values = await interleave(
      {
        ours: () =>
          rate(perRound, (index) => {
            // No two contents are alike: equal ones could share a row.
            content.writeUInt32BE(index)
            return chain.add(new Uint8Array(content))
          }),
        bare: () => rate(perRound, () => level.put())
      },
      { rounds: 11, warmups: 2 }
    )
    const ours = summarise(values.ours)
    const peer = summarise(values.bare)
    const ratio = ours.median / peer.median
    return [
      {
        name: 'append, awaited, synced',
        unit: '/s',
        peerName: 'bare synced put',
        ours,
        peer,
        ratio,
        bar: `≥ ${bar} ×`,
        met: ratio >= bar
      }
    ]
  } finally {
    await level.close()
    await node.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
