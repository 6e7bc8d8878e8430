import type { Did } from '../interface/did.ts'
import { type ActIndex, precedes } from './acts.ts'
import type { MembershipNode } from './membership.ts'
import { compareAuthors } from './seniority.ts'

/**
 * The witness rule. Of two concurrent acts that can't both stand, each is *witnessed* by blocks of third members, admitted in the
 * common past of both, that follow it and not the other. Only one witnessed: that one stands. Both or neither: the
 * senior author's, then the canonically first. So an act dated back before what everybody has seen since is
 * outweighed by everybody (docs/protocol.md, "Concurrent acts").
 *
 * @returns the one that stands
 */
export function stands(index: ActIndex, a: MembershipNode, b: MembershipNode): MembershipNode {
  let forA = false
  let forB = false
  for (const node of index.nodes) {
    const followsA = node === a || precedes(a, node)
    const followsB = node === b || precedes(b, node)
    if (followsA !== followsB && isThird(index, node.author.member, a, b)) {
      forA ||= followsA
      forB ||= followsB
      if (forA && forB) {
        break
      }
    }
  }
  if (forA !== forB) {
    return forA ? a : b
  }
  return compareAuthors(a, b) <= 0 ? a : b
}

function isThird(index: ActIndex, member: Did, a: MembershipNode, b: MembershipNode): boolean {
  return (
    member !== a.author.member &&
    member !== b.author.member &&
    (index.admissions.get(member) ?? []).some((admission) => precedes(admission, a) && precedes(admission, b))
  )
}
