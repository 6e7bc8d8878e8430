import { CID } from 'multiformats/cid'
import type { BaseBlockchain, RawBlock } from 'walytis/interface'
import { EVENT_TOPIC } from '../constants.ts'
import { deviceOf } from '../device.ts'
import { chainOf } from '../did.ts'
import type { Group, Identity } from '../interface/group.ts'

/**
 * The blocks that prove who a member's devices are, as this node holds them, in canonical order: all of an identity's chain; of a group's
 * its genesis and its events.
 */
export async function evidenceOf(member: Identity | Group): Promise<RawBlock[]> {
  if (!isGroup(member)) {
    return (await deviceOf(member)?.evidence()) ?? []
  }
  return eventBlocks(member.blockchain, chainOf(member.did))
}

async function eventBlocks(chain: BaseBlockchain, genesis: string): Promise<RawBlock[]> {
  const first = await chain.record(CID.parse(genesis))
  const blocks: RawBlock[] = first === undefined ? [] : [{ block: first.block.bytes, content: first.content }]
  for await (const { block, content } of chain.records({ topic: EVENT_TOPIC })) {
    blocks.push({ block: block.bytes, content })
  }
  return blocks
}

/** Whether a principal is a group. */
export function isGroup(member: Identity | Group): member is Group {
  return 'members' in member
}

/** Cut evidence into parts of at most `limit` bytes each, in the same order, so that each part is closed under what precedes it. */
export function splitEvidence(blocks: readonly RawBlock[], limit: number): RawBlock[][] {
  const parts: RawBlock[][] = []
  let part: RawBlock[] = []
  let size = 0
  for (const raw of blocks) {
    const bytes = raw.block.length + raw.content.length
    if (part.length > 0 && size + bytes > limit) {
      parts.push(part)
      part = []
      size = 0
    }
    part.push(raw)
    size += bytes
  }
  if (part.length > 0) {
    parts.push(part)
  }
  return parts
}
