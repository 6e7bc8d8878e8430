/** Measuring one delivery at a time beside what it cannot do without, in turns, each round many of each. */
import { setTimeout as delay } from 'node:timers/promises'
import { interleave, type Line, type Sample, summarise } from './harness.ts'

/** One delivery, one echo and one synced put, each in milliseconds. */
export interface DeliveryParts {
  ours: () => Promise<number>
  echo: () => Promise<number>
  put: () => Promise<number>
}

/** What a delivery may take, in echoes and synced puts of the same run. */
export interface Allowance {
  puts: number
  echoes: number
}

const perRound = 30
const rounds = 9
/** Milliseconds between two, so that each travels alone. */
const pause = 10

/** Runs it; gives the deliveries, and the line for their median. */
export async function measureDelivery(
  name: string,
  parts: DeliveryParts,
  allowance: Allowance
): Promise<{ ours: Sample; line: Line }> {
  const samples = { ours: [] as number[], echo: [] as number[], put: [] as number[] }
  const some = async (part: keyof DeliveryParts): Promise<number> => {
    for (let index = 0; index < perRound; index++) {
      samples[part].push(await parts[part]())
      await delay(pause)
    }
    return 0
  }
  await interleave(
    { ours: () => some('ours'), echo: () => some('echo'), put: () => some('put') },
    { rounds, warmups: 1 }
  )
  const [ours, echo, put] = [samples.ours, samples.echo, samples.put].map((values) => summarise(values.slice(perRound)))
  if (ours === undefined || echo === undefined || put === undefined)
    throw new RangeError('three samples make three summaries')
  const combine = (part: 'median' | 'p99') => allowance.puts * put[part] + allowance.echoes * echo[part]
  const peer = { ...echo, median: combine('median'), p99: combine('p99') }
  const peerName = `${allowance.puts} puts of ${put.median.toFixed(2)} + ${allowance.echoes} echoes of ${echo.median.toFixed(2)}`
  const ratio = ours.median / peer.median
  return { ours, line: { name, unit: 'ms', peerName, ours, peer, ratio, bar: '≤ 1 ×', met: ratio <= 1 } }
}
