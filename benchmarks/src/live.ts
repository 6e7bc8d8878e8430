/**
 * One entry live: from just before A's `add` to B's `block:added`, stored durably on both sides, in two processes over TCP
 * on loopback; beside echoes between the same two nodes, and synced puts.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWalytis } from 'walytis'
import { openBareLevel } from './bare-level.ts'
import { measureDelivery } from './delivery.ts'
import { openEcho } from './echo.ts'
import type { Line } from './harness.ts'
import { local } from './local.ts'
import { elapsed, endPeer, message, startPeer, untilArrived } from './process.ts'

/** Measures it. */
export async function measureLive(): Promise<Line[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-live-'))
  const node = await createWalytis({ ...local, storage: join(folder, 'a') })
  const level = await openBareLevel(join(folder, 'bare'), 256)
  const chain = await node.create({ name: 'live' })
  const peer = startPeer('live-peer.ts', [join(folder, 'b'), (await chain.invite()).toString()])
  try {
    const { address } = await message(peer, 'ready')
    const echo = await openEcho(node, address)
    const { line } = await measureDelivery(
      'one entry live, median',
      {
        ours: () => untilArrived(peer, () => chain.add(randomBytes(256))),
        echo: () => elapsed(echo),
        put: () => elapsed(level.put)
      },
      { puts: 2, echoes: 4 }
    )
    return [line]
  } finally {
    await endPeer(peer)
    await level.close()
    await node.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
