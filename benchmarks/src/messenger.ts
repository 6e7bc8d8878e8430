/**
 * A message through all five layers: from just before A's `send` to B's `message:added`, stored on both sides, in two
 * processes over TCP on loopback. And how many awaited sends a second one chat takes.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEndra } from 'endra'
import { createWalytis } from 'walytis'
import { openBareLevel } from './bare-level.ts'
import { measureDelivery } from './delivery.ts'
import { openEcho } from './echo.ts'
import { interleave, type Line, rate, type Sample, summarise } from './harness.ts'
import { local } from './local.ts'
import { elapsed, endPeer, message, startPeer, untilArrived } from './process.ts'

/** Milliseconds that no median and no 99th percentile may pass, whatever the yardsticks say. */
const limits = { median: 5, p99: 25 }
/** Awaited sends reach at least this part of bare synced puts. */
const sends = 0.25

/** Measures both. */
export async function measureMessenger(): Promise<Line[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-messenger-'))
  const endra = await createEndra({ ...local, storage: join(folder, 'a'), key: randomBytes(32) })
  const echoes = await createWalytis(local)
  const level = await openBareLevel(join(folder, 'bare'), 256)
  const alice = await endra.profiles.create({ name: 'Alice' })
  const chat = await alice.chats.create({ title: 'Bench' })
  const peer = startPeer('messenger-peer.ts', [join(folder, 'b'), await chat.invite()])
  try {
    const { address } = await message(peer, 'ready')
    const echo = await openEcho(echoes, address)
    const text = 'x'.repeat(256)
    const { ours, line } = await measureDelivery(
      'message to the other device, median',
      {
        ours: () => untilArrived(peer, () => chat.send(text)),
        echo: () => elapsed(echo),
        put: () => elapsed(level.put)
      },
      { puts: 4, echoes: 10 }
    )
    await endPeer(peer)
    const rates = await interleave(
      { ours: () => rate(50, () => chat.send(text)), put: () => rate(50, () => level.put()) },
      { rounds: 9, warmups: 1 }
    )
    return [
      { ...line, bar: `≤ 1 ×, < ${limits.median} ms`, met: line.met && ours.median < limits.median },
      {
        name: 'message to the other device, p99',
        unit: 'ms',
        peerName: 'the bar',
        ours: { ...ours, median: ours.p99 },
        peer: fixed(limits.p99),
        ratio: ours.p99 / limits.p99,
        bar: `< ${limits.p99} ms`,
        met: ours.p99 < limits.p99
      },
      sendsLine(summarise(rates.ours), summarise(rates.put))
    ]
  } finally {
    await endPeer(peer)
    await level.close()
    await echoes.stop()
    await endra.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function sendsLine(ours: Sample, peer: Sample): Line {
  const ratio = ours.median / peer.median
  return {
    name: 'awaited sends, synced',
    unit: '/s',
    peerName: 'bare synced put',
    ours,
    peer,
    ratio,
    bar: `≥ ${sends} ×`,
    met: ratio >= sends
  }
}

function fixed(value: number): Sample {
  return { n: 1, median: value, spread: 0, p99: value }
}
