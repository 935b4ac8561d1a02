/** A captured frame as an event of the trace. */
import type { PacketEvent } from '../trace/events'
import type { CapturedFrame } from './format'
import { summarize } from './summary'

export type UnstampedPacket = Omit<PacketEvent, 'seq' | 't'>

/**
 * @param at where the frame's first byte is in the byte store
 * @param kept how many of its captured bytes the store has
 */
export function packetEvent(frame: Pick<CapturedFrame, 'link' | 'interface' | 'wire' | 'bytes'>, at: number, kept: number): UnstampedPacket {
  const { payload, ...said } = summarize(frame.link, frame.bytes, frame.wire)
  return packetOf(frame, said, payload, at, kept)
}

/** As packetEvent, for a frame that was summarized already. */
export function packetOf(
  frame: Pick<CapturedFrame, 'link' | 'interface' | 'wire'>, said: Omit<UnstampedPacket, 'k' | 'frame' | 'link'>, payload: { at: number; kept: number } | undefined,
  at: number, kept: number,
): UnstampedPacket {
  const event: UnstampedPacket = { k: 'packet', ...said, frame: { at, len: frame.wire, kept }, link: frame.link }
  if (payload) event.data = { at: at + payload.at, len: said.len, kept: Math.max(0, Math.min(payload.kept, kept - payload.at)) }
  if (frame.interface) event.interface = frame.interface
  return event
}
