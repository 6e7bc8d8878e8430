import type { Inspection } from './inspection.ts'
import type { RemovedMemberReport } from './removal.ts'
import type { Outcome, Pace } from './scenario.ts'

/** The last line of the demo. Each value is computed from what the devices reported and left. */
export interface Summary {
  readonly devices: number
  readonly messages: number
  readonly converged: boolean
  readonly plaintextOnDisk: boolean
  readonly removedMemberReadsNew: boolean
  readonly p50DeliveryMs: number | null
  readonly p95DeliveryMs: number | null
  readonly measuredMessages: number
  readonly plaintextOnWire: boolean
}

/** The summary, and a sentence for everything that is not as it should be. */
export function summarise(
  outcome: Outcome,
  inspection: Inspection,
  pace: Pace
): { readonly summary: Summary; readonly faults: readonly string[] } {
  const { hashes, delivery, asMember, asRemoved } = outcome
  const converged = areEqual(hashes.before, 3) && areEqual(hashes.after, 2)
  const { planted, onDisk, onWire } = inspection
  const summary: Summary = {
    devices: inspection.folders,
    messages: outcome.messages,
    converged,
    plaintextOnDisk: onDisk.length > 0,
    removedMemberReadsNew: readsNew(outcome),
    p50DeliveryMs: rounded(delivery?.p50),
    p95DeliveryMs: rounded(delivery?.p95),
    measuredMessages: delivery?.count ?? 0,
    plaintextOnWire: onWire.length > 0
  }
  const checks: [boolean, string][] = [
    [summary.devices === 3, 'Not all three devices have left something.'],
    [summary.converged, 'The devices do not show the same.'],
    [planted.found === planted.of, 'The search for plaintext does not find what was planted.'],
    [!summary.plaintextOnDisk, 'There is plaintext on a disk.'],
    [!summary.plaintextOnWire, 'There is plaintext on the wire.'],
    [inspection.bytes.wire > 0, 'Nothing of what the devices said to each other was recorded.'],
    [
      gotEverything(asMember, outcome),
      'Bob did not get what a member gets, so that he gets nothing later shows nothing.'
    ],
    [asRemoved.reached >= asMember.reached, 'Bob could not reach everybody once he was removed.'],
    [asRemoved.asked.length >= asMember.asked.length, 'Bob did not ask for everything once he was removed.'],
    [!summary.removedMemberReadsNew, 'Bob reads what was written after he was removed.'],
    [delivery !== undefined, 'Not all measured messages arrived.'],
    [summary.measuredMessages === pace.messages, 'Not as many messages were measured as were to be.'],
    [(delivery?.closest ?? 0) >= pace.intervalMs, `Measured messages followed each other within ${pace.intervalMs} ms.`]
  ]
  return { summary, faults: checks.filter(([holds]) => !holds).map(([, fault]) => fault) }
}

/** Whether Bob has anything that was made after his removal: the block, its sealed content, a key, or the text; or the way back in. */
function readsNew({ asMember, asRemoved, bobShows, afterRemoval }: Outcome): boolean {
  return (
    asRemoved.readmitted ||
    asRemoved.hasBlock ||
    asRemoved.envelopes > 0 ||
    asRemoved.content !== undefined ||
    asRemoved.seeds.some((epoch) => !asMember.seeds.includes(epoch)) ||
    bobShows.includes(afterRemoval.text)
  )
}

/** The same questions, asked by a member, must be answered. */
function gotEverything(report: RemovedMemberReport, { lastAsMember }: Outcome): boolean {
  const reads = Buffer.from(report.content ?? []).includes(lastAsMember.text)
  return report.readmitted && report.hasBlock && report.envelopes > 0 && report.seeds.length > 0 && reads
}

function areEqual(hashes: readonly string[], count: number): boolean {
  return hashes.length === count && new Set(hashes).size === 1
}

function rounded(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : Math.round(milliseconds * 100) / 100
}
