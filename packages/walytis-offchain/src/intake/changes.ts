import type { BatchOperation } from 'walytis/interface'
import type { BlockRow } from '../store/block-row.ts'
import type { Reservation } from '../store/content-store.ts'

/** What a task changes: rows, writes, and what to tell once they are on disk. */
export class Changes {
  readonly rows = new Map<string, BlockRow>()
  readonly operations: BatchOperation[] = []
  readonly reservations: Reservation[] = []
  readonly tell: (() => void)[] = []

  take(other: Changes): void {
    for (const [id, row] of other.rows) this.rows.set(id, row)
    this.operations.push(...other.operations)
    this.reservations.push(...other.reservations)
    this.tell.push(...other.tell)
  }
}
