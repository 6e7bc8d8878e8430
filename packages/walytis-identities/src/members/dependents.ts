import type { Group, Identity } from '../interface/group.ts'

/** Something that follows the devices of a member: a group that it is in. */
export interface Dependent {
  /** Take over now what the member's chain says. */
  now(): Promise<void>
}

const dependents = new WeakMap<object, Set<Dependent>>()

/** The groups that a principal is a member of on this node. Returns what takes this one off the list. */
export function addDependent(member: Identity | Group, dependent: Dependent): () => void {
  const list = dependents.get(member) ?? new Set()
  dependents.set(member, list)
  list.add(dependent)
  return () => list.delete(dependent)
}

/**
 * Mirror a change that this device has just made into all of them. A group in which this device may not write (any more) is left to others:
 * they find the mirror missing.
 */
export async function mirrorIntoDependents(member: object): Promise<void> {
  await Promise.allSettled([...(dependents.get(member) ?? [])].map((dependent) => dependent.now()))
}
