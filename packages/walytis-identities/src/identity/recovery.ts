import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js'
import { concat } from 'uint8arrays/concat'
import { createSigner, prepareGenesis, signEd25519 } from 'walytis'
import type { RawBlock } from 'walytis/interface'
import { IDENTITY_POLICY } from '../constants.ts'
import { didOf } from '../did.ts'
import type { Did } from '../interface/did.ts'
import { eraseSecrets, type KeySetWithSecrets } from '../keys/key-set.ts'
import { recoverySecrets } from '../keys/recovery.ts'
import { encodeInception } from './inception.ts'

/** The identity of a recovery phrase: its keys and its genesis, and so its DID, are the same wherever they are made. */
export interface RecoveryIdentity {
  readonly did: Did
  readonly genesis: RawBlock
  readonly keys: KeySetWithSecrets
}

/** The public part of a recovery identity, which a group's genesis can name. */
export type RecoveryEvidence = Pick<RecoveryIdentity, 'did' | 'genesis'>

/** @throws {InvalidRecoveryPhraseError} */
export async function recoveryIdentity(phrase: string): Promise<RecoveryIdentity> {
  const { keys, nonce } = recoverySecrets(phrase)
  const policy = { name: IDENTITY_POLICY, parameters: encodeInception(keys, signAlike) }
  // no time: what follows from the phrase alone must not depend on when it does
  const parts = { settings: { access: 'custom', policy }, nonce, time: 0 } as const
  const { id, genesis } = await prepareGenesis(parts, createSigner(keys.secrets.classical))
  return { did: didOf(id), genesis, keys }
}

/**
 * What a recovery phrase shows of itself to everybody: its DID and the genesis that certifies its keys. Nothing is stored.
 *
 * @throws {InvalidRecoveryPhraseError}
 */
export async function recoveryEvidence(phrase: string): Promise<RecoveryEvidence> {
  const { did, genesis, keys } = await recoveryIdentity(phrase)
  eraseSecrets(keys)
  return { did, genesis }
}

/** Suite 1's hybrid signature with the deterministic variant of ML-DSA (FIPS 204 §3.4): the same bytes each time. */
function signAlike({ secrets }: KeySetWithSecrets, bytes: Uint8Array): Uint8Array {
  const { secretKey } = ml_dsa65.keygen(secrets.postQuantum)
  const postQuantum = ml_dsa65.sign(bytes, secretKey, { extraEntropy: false })
  secretKey.fill(0)
  return concat([signEd25519(secrets.classical, bytes), postQuantum])
}
