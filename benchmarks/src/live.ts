/**
 * One entry live: from just before A's `add` to B's `block:added`, stored durably on both sides, in two processes over TCP
 * on loopback. Beside it, in the same rounds, what it cannot do without: echoes on an open libp2p stream between the
 * same two nodes, and synced puts.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { lpStream } from '@libp2p/utils'
import { createWalytis, type Walytis } from 'walytis'
import { openBareLevel } from './bare-level.ts'
import { interleave, type Line, summarise } from './harness.ts'
import { echoProtocol, type FromPeer } from './live-peer.ts'

const perRound = 30
const rounds = 9
/** Between two entries, so that each travels alone. */
const pause = 5

/** Measures it. */
export async function measureLive(): Promise<Line[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-live-'))
  const node = await createWalytis({
    storage: join(folder, 'a'),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    discovery: { mdns: false }
  })
  const level = await openBareLevel(join(folder, 'bare'), 256)
  const chain = await node.create({ name: 'live' })
  const invitation = (await chain.invite()).toString()
  const peer = fork(fileURLToPath(new URL('live-peer.ts', import.meta.url)), [join(folder, 'b'), invitation])
  try {
    const ready = await message(peer, 'ready')
    const echo = await openEcho(node, ready.peer)
    const samples = { ours: [] as number[], echo: [] as number[], put: [] as number[] }
    const live = async (): Promise<number> => {
      const arrival = message(peer, 'arrived')
      const began = process.hrtime.bigint()
      await chain.add(randomBytes(256))
      return Number(BigInt((await arrival).at) - began) / 1e6
    }
    // One monotonic clock: hrtime counts from the machine's start, alike in both processes.
    await interleave(
      {
        ours: () => times(live, samples.ours),
        echo: () => times(() => elapsed(echo), samples.echo),
        put: () => times(() => elapsed(level.put), samples.put)
      },
      { rounds, warmups: 0 }
    )
    const ours = summarise(samples.ours.slice(perRound))
    const echoes = summarise(samples.echo.slice(perRound))
    const puts = summarise(samples.put.slice(perRound))
    const allowed = 2 * puts.median + 4 * echoes.median
    const yardstick = { ...echoes, median: allowed, p99: 2 * puts.p99 + 4 * echoes.p99 }
    return [
      {
        name: 'one entry live, median',
        unit: 'ms',
        peerName: `2 puts of ${puts.median.toFixed(2)} + 4 echoes of ${echoes.median.toFixed(2)}`,
        ours,
        peer: yardstick,
        ratio: ours.median / allowed,
        bar: '≤ 1 ×',
        met: ours.median <= allowed
      }
    ]
  } finally {
    peer.kill()
    await level.close()
    await node.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Keeps each measurement of a round. */
async function times(measure: () => Promise<number>, into: number[]): Promise<number> {
  for (let index = 0; index < perRound; index++) {
    into.push(await measure())
    await delay(pause)
  }
  return into.at(-1) ?? 0
}

async function elapsed(body: () => Promise<unknown>): Promise<number> {
  const began = process.hrtime.bigint()
  await body()
  return Number(process.hrtime.bigint() - began) / 1e6
}

/** The next message of a kind from the other process. */
async function message<Kind extends FromPeer['kind']>(
  child: ChildProcess,
  kind: Kind
): Promise<Extract<FromPeer, { kind: Kind }>> {
  for (;;) {
    const [received] = (await once(child, 'message', { signal: AbortSignal.timeout(30_000) })) as [FromPeer]
    if (received.kind === kind) return received as Extract<FromPeer, { kind: Kind }>
  }
}

/** Opens one stream and returns a function that sends 256 bytes and waits for them to come back. */
async function openEcho(node: Walytis, peer: string): Promise<() => Promise<unknown>> {
  const connection = node.libp2p.getConnections().find(({ remotePeer }) => remotePeer.toString() === peer)
  if (connection === undefined) throw new NotConnectedError(peer)
  const stream = lpStream(await connection.newStream(echoProtocol))
  const bytes = randomBytes(256)
  return async () => {
    await stream.write(bytes)
    await stream.read()
  }
}

/** The nodes were to be connected by the join, and are not. */
class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError'
}
