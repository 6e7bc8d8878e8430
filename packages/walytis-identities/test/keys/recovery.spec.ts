import { bytesToHex } from '@noble/hashes/utils.js'
import { entropyToMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { describe, expect, it } from 'vitest'
import { recoveryEvidence, recoveryIdentity } from '../../src/identity/recovery.ts'
import { verifyIdentityEvidence } from '../../src/identity/verify-evidence.ts'
import { publicOf } from '../../src/keys/key-set.ts'
import { createRecoveryPhrase, recoverySecrets } from '../../src/keys/recovery.ts'
import frozen from '../fixtures/v1/recovery.json' with { type: 'json' }
import { bytes, vectorFile } from '../support/public-vectors.ts'

const invalid = { name: 'InvalidRecoveryPhraseError' }
const phrase = frozen.phrase

describe('a recovery phrase', () => {
  it('has 24 words, each time others', () => {
    const [one, two] = [createRecoveryPhrase(), createRecoveryPhrase()]
    expect(one.split(' ')).toHaveLength(24)
    expect(one).not.toBe(two)
    expect(() => recoverySecrets(one)).not.toThrow()
  })

  it('is spelt as BIP 39 says: its published vectors', () => {
    const { cases } = vectorFile('bip39-english')
    for (const one of cases) {
      expect([one.id, entropyToMnemonic(bytes(one, 'entropy'), wordlist)]).toEqual([one.id, one['phrase']])
    }
    const long = cases.filter((one) => bytes(one, 'entropy').length === 32)
    expect(long.length).toBeGreaterThan(4)
    for (const one of long) {
      expect(createRecoveryPhrase(() => bytes(one, 'entropy'))).toBe(one['phrase'])
      expect(() => recoverySecrets(String(one['phrase']))).not.toThrow()
    }
    process.stdout.write(`Published vectors passed: bip39-english: ${cases.length} (scure)\n`)
  })

  it('gives the frozen keys and DID, however it is written', async () => {
    const { did, keys, genesis } = await recoveryIdentity(`  ${phrase.toUpperCase().replaceAll(' ', '\n')} `)
    expect({
      phrase,
      did,
      seeds: {
        classical: bytesToHex(keys.secrets.classical),
        postQuantum: bytesToHex(keys.secrets.postQuantum),
        kem: bytesToHex(keys.secrets.kem)
      },
      genesis: { block: bytesToHex(genesis.block), content: bytesToHex(genesis.content) }
    }).toEqual(frozen)
  })

  it('certifies its keys to everybody by its genesis', async () => {
    const { keys } = recoverySecrets(phrase)
    const { did, genesis } = await recoveryEvidence(phrase)
    expect(await verifyIdentityEvidence(did, [genesis])).toMatchObject({ did, keys: publicOf(keys) })
    // it fits in what a group's genesis has room for
    expect(genesis.block.length + genesis.content.length).toBeLessThan(8 * 1024)
    const other = await recoveryEvidence(createRecoveryPhrase())
    expect(await verifyIdentityEvidence(did, [other.genesis])).toEqual({ rule: 'evidence-genesis' })
  })

  it('R39 is refused without repeating a word of it when a word, their number or their order is wrong', () => {
    const words = phrase.split(' ')
    const wrong = [
      '',
      words.slice(0, 12).join(' '),
      [...words, 'zoo'].join(' '),
      words.with(5, 'walytis').join(' '),
      words.with(5, words[5] === 'zoo' ? 'abandon' : 'zoo').join(' '),
      [words[1], words[0], ...words.slice(2)].join(' ')
    ]
    for (const one of wrong) {
      expect(() => recoverySecrets(one)).toThrow(expect.objectContaining(invalid))
      try {
        recoverySecrets(one)
      } catch (error) {
        const message = error instanceof Error ? `${error.message} ${error.cause}` : ''
        expect(words.filter((word) => word.length > 5 && message.includes(word))).toEqual([])
      }
    }
  })
})
