/**
 * A thread that holds a signing key which never leaves it, as a hardware key or an agent would: it signs what `walytis` asks it
 * to sign, and nothing else.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { parentPort } from 'node:worker_threads'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
parentPort?.postMessage({ publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)) })
parentPort?.on('message', ({ request, bytes }: { request: number; bytes: Uint8Array }) => {
  const isKnown = /^walytis\/(?:block|join)\/1\0/.test(Buffer.from(bytes).toString('latin1'))
  const answer = isKnown ? { signature: new Uint8Array(sign(null, bytes, privateKey)) } : { refused: true }
  parentPort?.postMessage({ request, ...answer })
})
