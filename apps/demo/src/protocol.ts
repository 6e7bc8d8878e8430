/**
 * What the demo and the processes of its devices say to each other, over Node's channel between parent and child. Both are
 * the same program on the same machine, so there is no version and no checking.
 */

/** A message as a device shows it. */
export interface ShownMessage {
  readonly id: string
  /** Name of the author, as this device knows it. */
  readonly author: string
  readonly text: string
  readonly edited: boolean
  readonly deleted: boolean
}

/** What a device can be asked to do. One argument, one result; failures come back as the name and sentence of the error. */
export interface DeviceCalls {
  createProfile(init: { name: string; deviceName: string }): { did: string; name: string }
  /** DIDs of the profile and of this device. */
  whoAmI(init: Record<string, never>): { user: string; device: string }
  inviteDevice(init: Record<string, never>): string
  link(init: { invitation: string; deviceName: string }): { did: string; name: string; devices: string[] }
  createChat(init: { title: string }): { id: string }
  invite(init: { chat: string }): string
  join(init: { invitation: string }): { id: string; title: string }
  /** Titles by id. */
  chats(init: Record<string, never>): { id: string; title: string }[]
  members(init: { chat: string }): { did: string; name: string; me: boolean }[]
  removeMember(init: { chat: string; did: string }): undefined
  send(init: { chat: string; text: string }): { id: string }
  edit(init: { chat: string; message: string; text: string }): undefined
  delete(init: { chat: string; message: string }): undefined
  messages(init: { chat: string }): ShownMessage[]
  /** Wait until the device has the chat. */
  untilChat(init: { chat: string }): { title: string }
  /** Wait until the chat shows the message so; `text` left out: with whatever text. */
  untilShown(init: { chat: string; message: string; text?: string; deleted?: boolean }): ShownMessage
  /** Wait until the chat has these members and no others. */
  untilMembers(init: { chat: string; names: string[] }): { did: string; name: string }[]
  /** Compare with whoever answers within `patienceMs`. */
  sync(init: { chat: string; patienceMs: number }): { level: boolean; peers: number }
  stateHash(init: { chat: string }): string
  /** The state hash, once it is this one or `patienceMs` are over. */
  untilState(init: { chat: string; hash: string; patienceMs: number }): string
  /** Send texts one after the other, each no sooner than `intervalMs` after the one before. `at`: just before `send()`. */
  burst(init: { chat: string; texts: string[]; intervalMs: number }): { id: string; at: bigint }[]
  /** When `message:added` told of each message since the process started, by message id, once it has of these; same clock as `burst`. */
  arrivals(init: { chat: string; messages: string[] }): Map<string, bigint>
  /** Stop as an application that is closed, and end the process. */
  stop(init: Record<string, never>): undefined
}

export type CallName = keyof DeviceCalls
export type Argument<N extends CallName> = Parameters<DeviceCalls[N]>[0]
export type Result<N extends CallName> = ReturnType<DeviceCalls[N]>

/** From the demo to a device. */
export interface Request {
  readonly id: number
  readonly call: CallName
  readonly argument: unknown
}

/** The parts of an error that another process can show. */
export interface Failure {
  readonly name: string
  readonly message: string
  readonly stack?: string | undefined
}

/** From a device to the demo. */
export type Report =
  | { readonly kind: 'ready'; readonly pid: number; readonly addresses: string[] }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: Failure }
