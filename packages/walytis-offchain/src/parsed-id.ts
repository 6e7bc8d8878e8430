import { CID } from 'multiformats/cid'
import type { BlockId } from 'walytis/interface'
import { NotFoundError } from './errors.ts'

/** The id of a block. @throws {NotFoundError} for text that is no id, because no block has such a name */
export function parsed(id: BlockId | string): BlockId {
  if (typeof id !== 'string') return id
  try {
    return CID.parse(id)
  } catch {
    throw new NotFoundError(id)
  }
}
