import type { Walytis } from 'walytis/interface'
import { verifyIdentityEvidence } from '../identity/verify-evidence.ts'
import { defaultSuite } from '../keys/suite.ts'
import { createSessionManager, type SessionManager } from '../session/session-manager.ts'
import type { GroupComponents } from './core.ts'

const managers = new WeakMap<Walytis, SessionManager>()

/** The sessions of a node: all its groups share them, so that 200 groups of the same two devices cost one handshake. */
export function sessionsOf({ walytis, now, randomBytes }: Omit<GroupComponents, 'keyStore'>): SessionManager {
  const known = managers.get(walytis)
  if (known !== undefined) {
    return known
  }
  const manager = createSessionManager({
    libp2p: walytis.libp2p,
    now,
    randomBytes,
    suite: defaultSuite,
    verifyEvidence: verifyIdentityEvidence
  })
  managers.set(walytis, manager)
  return manager
}
