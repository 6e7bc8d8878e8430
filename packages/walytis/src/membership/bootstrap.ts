import type { PeerId } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { InvalidArgumentError } from '../errors.ts'
import { parsePeerId } from './peers.ts'

/**
 * Whom a bootstrap address leads to.
 *
 * @throws {InvalidArgumentError} when it doesn't say
 */
export function peerOf(text: string): { id: PeerId; address: Multiaddr } {
  const address = multiaddr(text)
  const name = address.getComponents().findLast(({ name }) => name === 'p2p')?.value
  const id = name === undefined ? undefined : parsePeerId(name)
  if (id === undefined)
    throw new InvalidArgumentError('bootstrap address', `${text} does not end in /p2p/ and a peer id`)
  return { id, address }
}
