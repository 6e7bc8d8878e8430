import type { AbortOptions } from '@libp2p/interface'
import { raceSignal } from 'race-signal'
import { ChannelClosedError, NotMemberError } from '../errors.ts'
import type { Did } from '../interface/did.ts'
import type { Channel } from '../interface/session.ts'
import type { ResumableChannel } from './resumable-channel.ts'
import { after, type ResumableContext } from './resumable-context.ts'
import { decodeResumeReply, encodeResumeRequest, RESUME_ID_BYTES } from './resume-format.ts'

const DELAY_GROWTH = 100

/** Open a channel, and bring it another carrier whenever its own breaks: that is the part of whoever opened it. */
export async function openResumable(
  context: ResumableContext,
  did: Did,
  protocol: string,
  options: AbortOptions
): Promise<Channel> {
  const id = context.randomBytes(RESUME_ID_BYTES)
  const first = await context.carrier(did, protocol, options)
  const { device, member } = first
  let fresh = true
  const resume = async (carrier: Channel, signal: AbortSignal) => {
    channel.detach()
    const messages = carrier.messages()[Symbol.asyncIterator]()
    await carrier.send(encodeResumeRequest({ id, received: channel.received, fresh }), { signal })
    const { value } = await raceSignal(messages.next(), signal)
    const reply = value === undefined ? undefined : decodeResumeReply(value)
    if (reply === undefined) {
      throw new ChannelClosedError('the other side did not say how far it has come')
    }
    fresh = false
    if (channel.over) {
      // it was only about telling the other side
      await carrier.close({ signal })
      return
    }
    if (reply.received === null) {
      channel.fail(new ChannelClosedError('the other side has forgotten it'))
      return
    }
    channel.attach({ channel: carrier, messages }, reply.received)
  }
  const again = async (signal: AbortSignal) => {
    const carrier = await context.carrier(device, protocol, { signal })
    await resume(carrier, signal).catch((error: Error) => {
      carrier.abort(error)
      throw error
    })
  }
  const channel: ResumableChannel = context.channel({ protocol, device, member }, () => {
    void reconnect(context, channel, again)
  })
  try {
    await resume(first, options.signal ?? context.stopped)
  } catch (error) {
    first.abort(error instanceof Error ? error : new ChannelClosedError('it could not be begun'))
    if (options.signal?.aborted === true) {
      channel.fail(new ChannelClosedError('whoever opened it gave up'))
      throw error
    }
    void reconnect(context, channel, again)
  }
  return channel
}

async function reconnect(
  context: ResumableContext,
  channel: ResumableChannel,
  again: (signal: AbortSignal) => Promise<void>
): Promise<void> {
  const signal = context.deadline()
  const attached = channel.attachments
  for (
    let delay = context.retryDelay;
    !channel.failed && channel.attachments === attached;
    delay = Math.min(delay * 2, context.retryDelay * DELAY_GROWTH)
  ) {
    try {
      await again(signal)
      return
    } catch (error) {
      if (error instanceof NotMemberError || signal.aborted) {
        channel.fail(new ChannelClosedError('the connection dropped and could not be made again', { cause: error }))
        return
      }
    }
    // when the signal fires meanwhile, the next attempt says so
    await raceSignal(new Promise<void>((resolve) => after(delay, resolve)), signal).catch(() => undefined)
  }
}
