/*
 * What page and server say to each other over the WebSocket: JSON, one frame a message. The page begins with `hello`; then it calls, and the
 * server answers each call once and tells events in between.
 */
import * as v from 'valibot'

/** The WebSocket subprotocol; a page of another version is refused before it says anything. */
export const SUBPROTOCOL = 'endra-page.1'
/** Most bytes of a frame from a page. */
export const MAX_FRAME_BYTES = 512 * 1024
/** Most calls of one page that are under way at a time. */
export const MAX_CALLS = 64

/** First frame of a page: its key, and how far it had come when it lost the connection. */
export const helloFrame = v.strictObject({
  type: v.literal('hello'),
  key: v.pipe(v.string(), v.maxLength(128)),
  resume: v.optional(
    v.strictObject({
      run: v.pipe(v.string(), v.maxLength(64)),
      seq: v.pipe(v.number(), v.safeInteger(), v.minValue(0))
    })
  )
})

/** Any further frame of a page. */
export const callFrame = v.strictObject({
  type: v.literal('call'),
  id: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  method: v.pipe(v.string(), v.maxLength(64)),
  argument: v.unknown()
})

/** An error as a page gets it: no stack, no path. */
export interface ErrorView {
  readonly name: string
  readonly message: string
}

/** Frames of the server, for pages whose state and events are `S` and `E`. */
export type ServerFrame<S, E> =
  /** All there is to know as of event `seq`, when the page is new or was away too long. */
  | { readonly type: 'snapshot'; readonly run: string; readonly seq: number; readonly state: S }
  /** The events that follow go on where the page was. */
  | { readonly type: 'resumed' }
  | { readonly type: 'event'; readonly seq: number; readonly event: E }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: ErrorView }

/** Why the server ended a connection, as WebSocket close codes (RFC 6455 leaves 4000-4999 to applications). */
export const CLOSE = {
  /** A frame is no JSON, or none of the protocol's. */
  malformed: 4000,
  /** The key is not, or no longer, good: a new link is needed. */
  unauthorized: 4001,
  /** The page takes events too slowly: it comes back and gets a snapshot. */
  tooSlow: 4002
} as const

/** A frame from a page as a value, or undefined when it is none. */
export function parseFrame<T extends v.GenericSchema>(schema: T, text: string): v.InferOutput<T> | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const parsed = v.safeParse(schema, value)
  return parsed.success ? parsed.output : undefined
}
