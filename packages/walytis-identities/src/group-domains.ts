/** Contexts of signatures, hashes and derivations of groups; used with `bound` and `domainBytes` like those of `domains.ts`. */
export const groupDomains = {
  /** Post-quantum signature of the founding device over a group's inception. */
  inception: 'walytis-identities/group-inception/1',
  /** Hybrid signature of who joins: nobody is added without it. */
  consent: 'walytis-identities/consent/1',
  /** Hybrid signature with the invitation's key over the same: whoever joins had the invitation. */
  invitation: 'walytis-identities/invitation/1',
  /** Hash of an invitation's public keys, as recorded on the chain. */
  invitationVerifier: 'walytis-identities/invitation/verifier/1',
  /** Keys that follow from an invitation's secret. */
  invitationKeys: 'walytis-identities/invitation/keys/1',
  /** Hash by which who joins by a device link commits itself before it sees anything of the other side. */
  linkCommitment: 'walytis-identities/link/commitment/1',
  /** Hash of which the two sides of a device link compare six digits. */
  linkCode: 'walytis-identities/link/code/1',
  /** Hash of a set of devices. */
  deviceSet: 'walytis-identities/device-set/1',
  /** Iterated hash of one side of a safety number. */
  safetyNumber: 'walytis-identities/safety-number/1',
  /** Keys and secrets that follow from an epoch's seed. */
  epoch: 'walytis-identities/epoch/1',
  /** HPKE info of what is sealed to a group. */
  seal: 'walytis-identities/group-seal/1'
} as const
