/** What nobody can do without: signatures checked, rows written. */
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import { Level } from 'level'

/** Bytes of an entry in all log benchmarks. */
export const entryBytes = 256
/** Bytes that a block's signature covers, about, when its content is that large and it has one parent. */
const signedBytes = 330

/** Milliseconds that verifying the signatures of `count` blocks takes, and nothing else, on one core. */
export function verifyingAlone(count: number): number {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const messages = Array.from({ length: count }, () => randomBytes(signedBytes))
  const signed = messages.map((message) => ({ message, signature: sign(null, message, privateKey) }))
  const began = performance.now()
  for (const { message, signature } of signed) {
    if (!verify(null, message, publicKey, signature)) throw new RangeError('a good signature was refused')
  }
  return performance.now() - began
}

/** A bare store that signs and writes as many rows as a block has, without being a chain. */
export interface BareLoop {
  /** `count` entries, `width` in one synced batch. Entries per second. */
  run(count: number, width: number): Promise<number>
  close(): Promise<void>
}

/** Rows of one entry: the block, its content, and six of indexes. */
const rows = [450, entryBytes, 1, 0, 0, 0, 37, 24]

/** Opens one in a folder. */
export async function openBareLoop(folder: string): Promise<BareLoop> {
  const level = new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
  await level.open()
  const { privateKey } = generateKeyPairSync('ed25519')
  return {
    run: async (count, width) => {
      const began = performance.now()
      for (let done = 0; done < count; done += width) {
        const batch = Array.from({ length: width }, () => {
          sign(null, randomBytes(signedBytes), privateKey)
          return rows.map((length) => ({ type: 'put' as const, key: randomBytes(45), value: randomBytes(length) }))
        })
        await level.batch(batch.flat(), { sync: true })
      }
      return (count * 1000) / (performance.now() - began)
    },
    close: () => level.close()
  }
}
