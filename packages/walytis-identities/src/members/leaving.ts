import type { AbortOptions } from '@libp2p/interface'
import { decodeCanonical, encodeCanonical, isMapOf, isRefused } from '../encoding/canonical.ts'
import type { GroupActs } from '../group/acts.ts'
import type { GroupCore } from '../group/core.ts'
import type { Did } from '../interface/did.ts'
import type { Channel, Sessions } from '../interface/session.ts'
import { comparePaths } from '../state/seniority.ts'

/**
 * A removal that is planned asks first: who leaves of itself has said all it wanted to say, and nothing of that falls, as what it wrote beside a
 * removal would. Whoever is asked and does not leave is removed.
 */

const PROTOCOL = 'walytis-identities/leave'
/** Milliseconds that somebody has to leave. */
const LEAVE_TIMEOUT = 10_000
const ANSWER_LIMIT = 64

/**
 * Leave when an admin asks that is senior to this member: leaving is undone by no rule, so whoever stole a junior device must remove, and be
 * judged by the rules for that. Returns what stops it.
 */
export function serveLeaving(core: GroupCore, acts: GroupActs, sessions: Sessions): () => void {
  return sessions.handle(PROTOCOL, async (channel) => {
    const [asking, own] = [channel.member, core.member.did].map((did) => core.state.members.get(did))
    const outranked = asking?.role === 'admin' && own !== undefined && comparePaths(asking.path, own.path) < 0
    const leaves = outranked && core.present
    // said before it is done: as soon as it is, the channel breaks
    await channel.send(encodeCanonical({ v: 1, leaves }))
    await channel.close()
    if (leaves) {
      await acts.leave()
    }
  })
}

/** Ask a member to leave, at whichever of its devices is reached, and wait until it has. @returns whether it has */
export async function askToLeave(
  core: GroupCore,
  sessions: Sessions,
  member: Did,
  { signal }: AbortOptions = {}
): Promise<boolean> {
  const timeout = AbortSignal.timeout(LEAVE_TIMEOUT)
  const limited = signal == null ? timeout : AbortSignal.any([signal, timeout])
  const gone = whenGone(core, member, limited)
  try {
    const channel = await sessions.open(member, PROTOCOL, { signal: limited })
    return (await answerOn(channel, limited)) ? await gone.holds : !core.state.members.has(member)
  } catch {
    // not reached, or it broke before it answered: the caller's own wish to stop is told from that
    signal?.throwIfAborted()
    return !core.state.members.has(member)
  } finally {
    gone.stop()
  }
}

/** Whether the other side says that it will leave. */
async function answerOn(channel: Channel, signal: AbortSignal): Promise<boolean> {
  const abort = (): void => channel.abort(new TypeError('no answer in time'))
  signal.addEventListener('abort', abort, { once: true })
  try {
    await channel.close({ signal })
    for await (const bytes of channel.messages()) {
      const decoded = decodeCanonical(bytes, ANSWER_LIMIT)
      return !isRefused(decoded) && isMapOf(decoded.value, ['v', 'leaves']) && decoded.value.leaves === true
    }
    return false
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function whenGone(core: GroupCore, member: Did, signal: AbortSignal): { holds: Promise<boolean>; stop: () => void } {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const look = (): void => {
    if (!core.state.members.has(member)) {
      resolve(true)
    }
  }
  const stop = core.onDurable(look)
  signal.addEventListener('abort', () => resolve(!core.state.members.has(member)), { once: true })
  look()
  return { holds: promise, stop }
}
