import { sha256 } from '@noble/hashes/sha2.js'
import { bound } from '../domains.ts'
import { groupDomains } from '../group-domains.ts'
import type { Did } from '../interface/did.ts'
import { precedes } from './acts.ts'
import type { EpochState, GroupState, MembershipNode } from './membership.ts'
import { compareAuthors, compareIds, comparePlaces } from './seniority.ts'

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
  const usable = nodes.filter((node) => {
    const epoch = epochs.get(node.id)
    return epoch !== undefined && covers(epoch, exclusions)
  })
  const isComplete = (node: MembershipNode): boolean => includesAll(epochs.get(node.id), current)
  const complete = usable.filter(isComplete)
  const others = usable.filter((node) => !isComplete(node))
  return [...latestFirst(complete), ...latestFirst(others)].map(({ id }) => id)
}

function includesAll(epoch: EpochState | undefined, members: readonly Did[]): boolean {
  return epoch !== undefined && epoch.members.size >= members.length && members.every((did) => epoch.members.has(did))
}

/** "Later" is partial: again and again the senior author's of those that none of the rest follows. */
function latestFirst(nodes: readonly MembershipNode[]): MembershipNode[] {
  const followers = new Map(nodes.map((node) => [node, nodes.filter((other) => precedes(node, other)).length]))
  const ranked: MembershipNode[] = []
  const ready = new Set(nodes.filter((node) => followers.get(node) === 0))
  while (ready.size > 0) {
    const [best] = [...ready].sort(compareAuthors)
    if (best === undefined) {
      break
    }
    ready.delete(best)
    ranked.push(best)
    for (const node of nodes) {
      if (precedes(node, best)) {
        const left = (followers.get(node) ?? 0) - 1
        followers.set(node, left)
        if (left === 0) {
          ready.add(node)
        }
      }
    }
  }
  return ranked
}

/**
 * The ranking of the epochs that were usable, once there are members more (or as many, and no new exclusion). None of the epochs includes the
 * newcomers: those that included everybody come down to the others.
 */
export function extendRanking(
  before: GroupState,
  members: ReadonlySet<Did>,
  nodeOf: (id: string) => MembershipNode | undefined
): readonly string[] {
  if (members.size === before.members.size) {
    return before.usable
  }
  const current = [...before.members.keys()]
  const split = before.usable.findIndex((id) => !includesAll(before.epochs.get(id), current))
  const nodes = before.usable.flatMap((id) => nodeOf(id) ?? [])
  const complete = nodes.slice(0, split < 0 ? nodes.length : split)
  const last = complete.at(-1)
  const inALine = complete.every((node, at) => at === 0 || precedes(node, complete[at - 1] ?? node))
  const ordered = last === undefined || nodes.slice(complete.length).every((node) => precedes(node, last))
  return inALine && ordered
    ? before.usable
    : rankEpochs([...nodes].sort(comparePlaces), before.epochs, before.exclusions, members)
}

/** Whether a device that acts for `member` now may have the epoch's seed. */
export function mayHave(state: GroupState, member: Did, epoch: EpochState): boolean {
  return state.members.has(member) && (state.history === 'shared' || epoch.members.has(member))
}
