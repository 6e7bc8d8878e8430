/** A message and the moment just before `send()` was called for it, in nanoseconds of the system's monotonic clock. */
export interface Sent {
  readonly id: string
  readonly at: bigint
}

/** What was measured of messages from one device to another, in milliseconds. */
export interface Delivery {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly max: number
  /** The shortest time between two sends. */
  readonly closest: number
}

/**
 * Match what one device sent with when another showed it. `process.hrtime` is the same clock in all processes of a machine
 * (CLOCK_MONOTONIC on Linux), so the times of two processes can be compared.
 *
 * @returns undefined when a message never arrived
 */
export function measureDelivery(sent: readonly Sent[], arrivals: ReadonlyMap<string, bigint>): Delivery | undefined {
  const delays: number[] = []
  for (const { id, at } of sent) {
    const arrival = arrivals.get(id)
    if (arrival === undefined) return undefined
    delays.push(milliseconds(arrival - at))
  }
  const gaps = sent.slice(1).map(({ at }, index) => milliseconds(at - (sent[index]?.at ?? at)))
  return {
    count: delays.length,
    p50: percentile(delays, 50),
    p95: percentile(delays, 95),
    max: percentile(delays, 100),
    closest: Math.min(...gaps)
  }
}

/** The smallest value that at least `percent` of the values don't exceed (nearest rank). NaN without values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6
}
