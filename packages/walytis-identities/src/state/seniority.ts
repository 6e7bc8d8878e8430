import type { Admission, MembershipNode } from './membership.ts'

/**
 * Who outranks whom: the paths in the tree of admissions, step by step; siblings by height, then by id. Whoever was admitted by
 * somebody stands right below that one, so nobody outranks someone whom their own admitter does not outrank
 * (docs/protocol.md, "Seniority").
 *
 * @returns less than 0 when `a` is senior
 */
export function comparePaths(a: readonly Admission[], b: readonly Admission[]): number {
  for (let step = 0; step < Math.min(a.length, b.length); step++) {
    const order = comparePlaces(a[step], b[step])
    if (order !== 0) {
      return order
    }
  }
  return a.length - b.length
}

/** The canonical order: height, then id. */
export function comparePlaces(a: Admission | undefined, b: Admission | undefined): number {
  if (a === undefined || b === undefined) {
    return 0
  }
  return a.height - b.height || compareIds(a.id, b.id)
}

/** Ids compare by their characters' codes: the same everywhere, whatever the locale. */
export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Acts by their authors' seniority, then by their own place. Less than 0 when `a` is senior. */
export function compareAuthors(a: MembershipNode, b: MembershipNode): number {
  return comparePaths(a.author.path, b.author.path) || comparePlaces(a, b)
}
