import type { BlockId, BlockPolicy, JudgedBlock, PolicyContext, SignedBlock } from '../../src/interface/index.ts'

/** What a block of the test policy asks for: blocks by name (their only topic). */
export interface Votes {
  readonly revoke?: readonly string[]
  readonly reinstate?: readonly string[]
  /** Keep this block replicated even when it is revoked. */
  readonly retain?: boolean
  /** Ask to be refused. */
  readonly refuse?: boolean
}

export function encodeVotes(votes: Votes): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(votes))
}

export function decodeVotes(content: Uint8Array): Votes {
  try {
    return JSON.parse(new TextDecoder().decode(content))
  } catch {
    return {}
  }
}

/**
 * A policy for tests: a named block is in effect unless the canonically last vote on it says otherwise, whether the vote or
 * the block arrived first. So the set of blocks in effect depends on the set of known blocks alone, as the contract demands.
 */
export const VOTING_POLICY: BlockPolicy = {
  name: 'test/voting',
  parameters: new Uint8Array(),
  judge: async (block, content, context) => {
    const votes = content === undefined || block.chain === null ? {} : decodeVotes(content)
    if (votes.refuse === true) return { accepted: false, rule: 'asked-for-it' }
    const revoke: BlockId[] = []
    const reinstate: BlockId[] = []
    const [name] = block.topics
    if (name !== undefined && (await isVotedOut(name, context, block, votes))) revoke.push(block.id)
    for (const target of new Set([...(votes.revoke ?? []), ...(votes.reinstate ?? [])])) {
      const voted = await named(target, context)
      if (voted === undefined) continue
      const out = await isVotedOut(target, context, block, votes)
      if (out !== voted.revoked) (out ? revoke : reinstate).push(voted.block.id)
    }
    return {
      accepted: true,
      annotation: new TextEncoder().encode(name ?? ''),
      effects: { revoke, reinstate },
      retain: votes.retain === true
    }
  }
}

async function named(name: string, context: PolicyContext): Promise<JudgedBlock | undefined> {
  for await (const one of context.known({ topic: name })) return one
  return undefined
}

/** `known` comes in canonical order, so the last vote found counts; the block being judged is put where it belongs. */
async function isVotedOut(target: string, context: PolicyContext, judged: SignedBlock, votes: Votes): Promise<boolean> {
  let out = false
  let isJudgedPast = false
  const apply = (cast: Votes): void => {
    if (cast.revoke?.includes(target) === true) out = true
    if (cast.reinstate?.includes(target) === true) out = false
  }
  for await (const one of context.known()) {
    if (!isJudgedPast && isBefore(judged, one.block)) {
      apply(votes)
      isJudgedPast = true
    }
    if (one.block.chain !== null) apply(decodeVotes(await one.content()))
  }
  if (!isJudgedPast) apply(votes)
  return out
}

function isBefore(a: SignedBlock, b: SignedBlock): boolean {
  return a.height < b.height || (a.height === b.height && Buffer.compare(a.id.bytes, b.id.bytes) < 0)
}
