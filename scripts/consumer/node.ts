/** What the smoke scripts share: a node that only listens on loopback, and text as bytes. */
import { createWalytis, type Walytis } from 'walytis'

export const local = { listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } }

export function startNode(): Promise<Walytis> {
  return createWalytis(local)
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function text(content: Uint8Array): string {
  return new TextDecoder().decode(content)
}
