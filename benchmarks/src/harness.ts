/**
 * How things are measured here: ours and a yardstick take turns in one run, so that a slow minute of the machine slows
 * both, and what counts is the ratio.
 */

/** One benchmark's outcome: a bar and what was measured against it. */
export interface Line {
  name: string
  /** What `ours` and `peer` are in: `/s` is better when larger, the others when smaller. */
  unit: Unit
  /** What `peer` measures. */
  peerName: string
  ours: Sample
  peer: Sample
  /** `ours.median / peer.median`. */
  ratio: number
  /** The bar in words. */
  bar: string
  met: boolean
}

/** Of what a benchmark tells. */
export type Unit = '/s' | 'ms' | 'MiB' | 'KiB' | '%'

/** Values of one measurement, one per round or per event. */
export interface Sample {
  n: number
  median: number
  /** Half the distance between the quartiles, as a part of the median. */
  spread: number
  p99: number
}

/** A part of a benchmark that one round runs, returning its measurement. */
export type Round = () => Promise<number>

/** Runs all parts `rounds` times, in turn, after `warmups` that don't count. */
export async function interleave<Name extends string>(
  parts: Record<Name, Round>,
  { rounds, warmups = 1 }: { rounds: number; warmups?: number }
): Promise<Record<Name, number[]>> {
  const names = Object.keys(parts) as Name[]
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = -warmups; round < rounds; round++) {
    // Each round starts with another part, so that none always comes first after a pause.
    const shift = (round + warmups) % names.length
    for (const name of [...names.slice(shift), ...names.slice(0, shift)]) {
      const value = await parts[name]()
      if (round >= 0) values[name].push(value)
    }
  }
  return values
}

/** What a ratio must be at least, or at most. */
export type Bar = { readonly atLeast: number } | { readonly atMost: number }

/** One line of the outcome: medians of what was measured in turns, against the bar for their ratio. */
export function compare(
  name: string,
  unit: Unit,
  ours: readonly number[],
  peer: readonly number[],
  peerName: string,
  bar: Bar
): Line {
  const samples = { ours: summarise([...ours]), peer: summarise([...peer]) }
  const ratio = samples.ours.median / samples.peer.median
  const [words, met] =
    'atLeast' in bar ? [`≥ ${bar.atLeast} ×`, ratio >= bar.atLeast] : [`≤ ${bar.atMost} ×`, ratio <= bar.atMost]
  return { name, unit, peerName, ...samples, ratio, bar: words, met }
}

/** A line whose bar is a figure rather than what something else reached. */
export function limit(name: string, unit: Unit, ours: readonly number[], atMost: number, peerName = 'the bar'): Line {
  const sample = summarise([...ours])
  const ratio = sample.median / atMost
  const peer = { n: 1, median: atMost, spread: 0, p99: atMost }
  return { name, unit, peerName, ours: sample, peer, ratio, bar: `≤ ${atMost} ${unit}`, met: ratio <= 1 }
}

/** Median, spread and the 99th percentile. */
export function summarise(values: number[]): Sample {
  const sorted = [...values].sort((a, b) => a - b)
  const median = quantile(sorted, 0.5)
  const spread = median === 0 ? 0 : (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / median
  return { n: sorted.length, median, spread, p99: quantile(sorted, 0.99) }
}

/** How many times per second something happens that is done `count` times by `body`. */
export async function rate(count: number, body: (index: number) => Promise<unknown>): Promise<number> {
  const began = performance.now()
  for (let index = 0; index < count; index++) await body(index)
  return (count * 1000) / (performance.now() - began)
}

/** A quantile of sorted values, between neighbours in proportion. */
function quantile(sorted: number[], part: number): number {
  const at = (sorted.length - 1) * part
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? low
  return low + (high - low) * (at - Math.floor(at))
}
