/*
 * Who may speak to the local server. A page of any website can send requests to 127.0.0.1, and a name of its own can be made to
 * point there (DNS rebinding); so the server answers only to its own names, pages only of its own origin, and nobody without
 * a key that was given out for a link from the terminal.
 */
import { createHash, randomBytes } from 'node:crypto'

/** Most links that are waiting to be used: the oldest is forgotten first. */
const MAX_LINKS = 16
/** Most pages' keys at a time, likewise. */
const MAX_KEYS = 64
const TOKEN_BYTES = 32

/** Whether a `Host` header names this server, and nothing that could have been made to point to it. */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}`
}

/** Whether an `Origin` header is that of a page which the server that is called by this `Host` has served. */
export function isOwnOrigin(origin: string | undefined, host: string | undefined, port: number): boolean {
  return isOwnHost(host, port) && origin === `http://${host}`
}

/**
 * The links and keys of one start of the server: a link is good for one key, a key for as long as the server runs. Only hashes are kept, so
 * looking one up tells nothing by the time that it takes.
 */
export class Doorkeeper {
  readonly #links = new Set<string>()
  readonly #keys = new Set<string>()

  /** A token for a link that can be used once. */
  link(): string {
    return issue(this.#links, MAX_LINKS)
  }

  /** The key that a link's token is good for. Undefined when there is no such link, or it has been used. */
  exchange(token: string): string | undefined {
    if (!this.#links.delete(hashOf(token))) return undefined
    return issue(this.#keys, MAX_KEYS)
  }

  holds(key: string): boolean {
    return this.#keys.has(hashOf(key))
  }
}

function issue(held: Set<string>, most: number): string {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  held.add(hashOf(token))
  for (const oldest of held) {
    if (held.size <= most) break
    held.delete(oldest)
  }
  return token
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}
