import type { AbortOptions } from '@libp2p/interface'
import type { Block, Blockchain, BlockchainEvents } from 'walytis/interface'
import type { Did } from 'walytis-identities'

/** A block whose content is sealed and lies off the chain. */
export interface PrivateBlock extends Block {
  /** The member that wrote it, by the group's state. */
  readonly author: Did
  /** Always true: what can't be verified is refused, not flagged. */
  readonly verified: true
  /** Whether the content can be read now. While false, `content()` waits for its signal. */
  readonly available: boolean
}

export interface PrivateEvents extends BlockchainEvents<PrivateBlock> {
  /** The content of a block that had come without it can be read from now on. */
  'content:available': CustomEvent<{ readonly block: PrivateBlock }>
}

/** A blockchain that only the members of a group can read. */
export interface PrivateBlockchain extends Blockchain<PrivateBlock> {
  /** Resolves once the content can be read. */
  whenAvailable(block: PrivateBlock, options?: AbortOptions): Promise<void>
}
