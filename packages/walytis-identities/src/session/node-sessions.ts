import { randomBytes } from '@noble/hashes/utils.js'
import type { Walytis } from 'walytis/interface'
import { verifyIdentityEvidence } from '../identity/verify-evidence.ts'
import { defaultSuite } from '../keys/suite.ts'
import { createSessionManager, type SessionManager } from './session-manager.ts'

const managers = new WeakMap<Walytis, SessionManager>()

/** The one session manager of a node, made when first asked for. It is idle while no group is attached. */
export function sessionsOf(walytis: Walytis): SessionManager {
  const known = managers.get(walytis)
  if (known !== undefined) {
    return known
  }
  const manager = createSessionManager({
    libp2p: walytis.libp2p,
    now: () => performance.now(),
    randomBytes,
    suite: defaultSuite,
    verifyEvidence: verifyIdentityEvidence
  })
  managers.set(walytis, manager)
  return manager
}
