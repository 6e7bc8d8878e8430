import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'
import type { Durability, Store } from './interface/index.ts'
import type { RelayLimits } from './relays.ts'

/** How a node is made. */
export interface WalytisInit {
  /** Folder (Node) or database name (browser), opened and closed by the node; or an open database, closed by the caller. Default: in memory. */
  storage?: string | Store | undefined
  /**
   * When `add` resolves, unless it is told otherwise. Default: `disk`. With `process` a loss of power takes what was added in the last
   * moments; no other node has seen any of it then. What layers above write, and what comes from peers, always waits for the disk.
   */
  durability?: Durability | undefined
  /**
   * Default: TCP on all interfaces, a random port; nowhere in browsers. An address that ends in `/ws` takes browsers in. A node is also reached
   * through those of its peers that serve as relays, without being told to.
   */
  listen?: (Multiaddr | string)[] | undefined
  /** Peers to connect to whatever chains they hold, such as relays, as multiaddrs that end in `/p2p/…`. Default: none. */
  bootstrap?: string[] | undefined
  /** How peers of this node's chains are looked for. */
  discovery?: DiscoveryInit | undefined
  /** Serve as a relay (circuit relay v2) for peers that can't reach each other directly, within limits. Default: no. */
  relay?: boolean | RelayLimits | undefined
  /** Contents of more than 256 KiB and up to this many bytes are fetched as their blocks arrive. Default: 0, all on demand. */
  fetchAhead?: number | undefined
  /** For experts: goes before this package's own choices. */
  libp2p?: Partial<Libp2pOptions> | undefined
  /** Milliseconds since 1970. Default: the platform's clock. */
  now?: (() => number) | undefined
}

/** How peers are looked for. */
export interface DiscoveryInit {
  /** On the local network. Default: true. Browsers can't. */
  mdns?: boolean | undefined
  /** Only nodes with the same tag find each other on the local network, such as `_my-app._udp.local`. Default: libp2p's own. */
  mdnsServiceTag?: string | undefined
}
