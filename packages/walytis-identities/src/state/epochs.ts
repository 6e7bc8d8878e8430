import { sha256 } from '@noble/hashes/sha2.js'
import { bound } from '../domains.ts'
import { groupDomains } from '../group-domains.ts'
import type { Did } from '../interface/did.ts'
import { precedes } from './acts.ts'
import type { EpochState, GroupState, MembershipNode } from './membership.ts'
import { compareAuthors, compareIds } from './seniority.ts'

/** The hash that an epoch event carries: SHA-256 over the sorted DIDs of the devices that may have its seed at first. */
export function hashDevices(group: Did | null, devices: Iterable<Did>): Uint8Array {
  return sha256(bound(groupDomains.deviceSet, { group, devices: [...devices].sort(compareIds) }))
}

/** Whether the epoch takes every exclusion into account that stands here. */
function covers(epoch: EpochState, exclusions: ReadonlySet<string>): boolean {
  for (const exclusion of exclusions) {
    if (!epoch.covers.has(exclusion)) {
      return false
    }
  }
  return true
}

/**
 * Epochs that content may name here, best first: those that include every current member before others, the causally later
 * before the earlier, then by seniority of whoever began them, then canonically.
 *
 * @param nodes the nodes that carry `epochs`, in the same order
 */
export function rankEpochs(
  nodes: readonly MembershipNode[],
  epochs: ReadonlyMap<string, EpochState>,
  exclusions: ReadonlySet<string>,
  members: Iterable<Did>
): string[] {
  const current = [...members]
  const usable = nodes.flatMap((node) => {
    const epoch = epochs.get(node.id)
    return epoch !== undefined && covers(epoch, exclusions)
      ? [{ node, complete: current.every((did) => epoch.members.has(did)) }]
      : []
  })
  // Not a total order as it stands ("later" is partial): take the best remaining one again and again.
  const ranked: string[] = []
  const left = [...usable]
  while (left.length > 0) {
    const best = left
      .filter((a) => a.complete || !left.some((b) => b.complete))
      .filter((a, _, all) => !all.some((b) => precedes(a.node, b.node)))
      .sort((a, b) => compareAuthors(a.node, b.node))[0]
    if (best === undefined) {
      break
    }
    ranked.push(best.node.id)
    left.splice(left.indexOf(best), 1)
  }
  return ranked
}

/** Whether a device that acts for `member` now may have the epoch's seed. */
export function mayHave(state: GroupState, member: Did, epoch: EpochState): boolean {
  return state.members.has(member) && (state.history === 'shared' || epoch.members.has(member))
}
