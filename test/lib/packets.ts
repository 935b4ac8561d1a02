/** The frames that tcpdump captured (test/fixtures/packets.json), and what must hold of every frame that is taken apart. */
import packets from '../fixtures/packets.json' with { type: 'json' }
import { decodeHex } from '../../src/shared/bytes/hex'
import type { Field, Frame, Layer } from '../../src/shared/packets/model'

export interface GoldenFrame {
  name: string
  linkType: number
  length: number
  hex: string
  /** what tcpdump -vvneS said of it, in one line */
  tcpdump: string
}
export const goldenFrames: GoldenFrame[] = packets

export function frameBytes({ hex }: GoldenFrame): Uint8Array {
  const answer = decodeHex(hex)
  if (!answer.ok) throw new Error(answer.error.message)
  return answer.value
}

/** Every field lies within its layer's header and the frame; layers follow each other. Answers the first that does not. */
export function misplaced(frame: Frame): Layer | Field | undefined {
  let from = 0
  for (const layer of frame.layers) {
    if (layer.from < from || layer.to < layer.from || layer.end < layer.to || layer.end > frame.bytes.length) return layer
    from = layer.from
    const outside = (field: Field): boolean => field.from < layer.from || field.to > layer.to || field.from > field.to
      || (field.bits !== undefined && field.bits.at + field.bits.len > (field.to - field.from) * 8) || (field.fields ?? []).some(outside)
    const wrong = layer.fields.find(outside)
    if (wrong) return wrong
  }
  return undefined
}
