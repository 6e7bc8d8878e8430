/* What the page of the demo shows: three devices, and the graph of the chat that they share. Plain JSON. */

export const STAGE_ROLES = ['laptop', 'phone', 'bob'] as const
export type StageRole = (typeof STAGE_ROLES)[number]

export interface StageDevice {
  readonly role: StageRole
  readonly name: string
  readonly state: 'starting' | 'running' | 'killed'
  readonly cut: boolean
  /** Address of its page, without a secret. */
  readonly origin: string
}

/** A block of the chat, and which devices have it. */
export interface StageBlock {
  readonly id: string
  readonly parents: readonly string[]
  readonly height: number
  readonly author: string
  readonly heldBy: readonly StageRole[]
}

export interface StageState {
  /** What is being prepared; undefined once people can take over. */
  readonly preparing: string | undefined
  readonly devices: readonly StageDevice[]
  readonly blocks: readonly StageBlock[]
}

export type StageEvent =
  | { readonly type: 'preparing'; readonly step: string | undefined }
  | { readonly type: 'devices'; readonly devices: readonly StageDevice[] }
  | { readonly type: 'blocks'; readonly blocks: readonly StageBlock[] }
