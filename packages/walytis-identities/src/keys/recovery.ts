import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { randomBytes as platformRandom } from '@noble/hashes/utils.js'
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { bound, domains } from '../domains.ts'
import { InvalidRecoveryPhraseError } from '../errors.ts'
import type { KeySetWithSecrets } from './key-set.ts'
import { defaultSuite } from './suite.ts'

/**
 * Keys from a recovery phrase: 24 words (BIP 39) that a person keeps on paper. They carry 256 bits and a checksum; everything else follows
 * from these bits, alike on every machine and for ever.
 */

/** What follows from a phrase. */
export interface RecoverySecrets {
  readonly keys: KeySetWithSecrets
  /** The random bytes of the identity's genesis, 32. */
  readonly nonce: Uint8Array
}

const ENTROPY_BYTES = 32

/**
 * A new recovery phrase: 24 English words. Whoever knows it can act as the identity that follows from it.
 *
 * @param randomBytes default: the platform's random generator
 */
export function createRecoveryPhrase(randomBytes: (length: number) => Uint8Array = platformRandom): string {
  return entropyToMnemonic(randomBytes(ENTROPY_BYTES), wordlist)
}

/**
 * The keys of a phrase. Case, and how the words are spaced, do not matter.
 *
 * @throws {InvalidRecoveryPhraseError} a word that is none, a wrong number of words, or a wrong checksum
 */
export function recoverySecrets(phrase: string): RecoverySecrets {
  const entropy = entropyOf(phrase)
  const root = extract(sha256, entropy, bound(domains.recovery, ['root']))
  entropy.fill(0)
  const secret = (label: string) => expand(sha256, root, bound(domains.recovery, [label]), 32)
  const keys = defaultSuite.derive({
    classical: secret('classical'),
    postQuantum: secret('post-quantum'),
    kem: secret('kem')
  })
  const nonce = secret('genesis')
  root.fill(0)
  return { keys, nonce }
}

function entropyOf(phrase: string): Uint8Array {
  const words = phrase.normalize('NFKD').trim().toLowerCase().split(/\s+/)
  if (words.length !== 24) {
    throw new InvalidRecoveryPhraseError(`it has ${words.length} words, not 24`)
  }
  const unknown = words.findIndex((word) => !wordlist.includes(word))
  if (unknown !== -1) {
    throw new InvalidRecoveryPhraseError(`word ${unknown + 1} is not on the list`)
  }
  try {
    return mnemonicToEntropy(words.join(' '), wordlist)
  } catch (error) {
    throw new InvalidRecoveryPhraseError('its words do not belong together: one is wrong, or their order', {
      cause: error
    })
  }
}
