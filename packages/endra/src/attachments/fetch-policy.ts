import type { FetchPolicy } from 'walytis-offchain'
import { MAX_INLINE_BYTES } from '../constants.ts'

/**
 * The policy of a chat's chain for a policy of attachments: messages travel beside their blocks, and are fetched whatever it says, and so is what
 * is as small as they can be.
 */
export function fetchPolicyOf(policy: FetchPolicy): FetchPolicy {
  if (policy === 'on-demand') return { upTo: MAX_INLINE_BYTES }
  return typeof policy === 'object' ? { upTo: Math.max(policy.upTo, MAX_INLINE_BYTES) } : policy
}
