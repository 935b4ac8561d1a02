/** A captured frame, taken apart by its link type. Takes any bytes and never throws: what is wrong is said in the layers. */
import { LINK } from '../pcap/link-types'
import { decodeEthernet, decodeLoopback, decodeRaw, decodeSll, decodeSll2 } from './link'
import type { Field, Frame, Layer } from './model'
import { rest, Scribe, type Context } from './scribe'

/** `linkType` is a LINKTYPE_ number (shared/pcap/link-types); `length`: bytes on the wire, where the capture kept fewer. */
export function decodeFrame(bytes: Uint8Array, linkType: number, length = bytes.length): Frame {
  const context: Context = { bytes, available: bytes.length, layers: [], quoted: false }
  const limit = Math.max(length, bytes.length)
  switch (linkType) {
    case LINK.ethernet: decodeEthernet(context, 0, limit); break
    case LINK.null: decodeLoopback(context, 0, limit, false); break
    case LINK.loop: decodeLoopback(context, 0, limit, true); break
    case LINK.sll: decodeSll(context, 0, limit); break
    case LINK.sll2: decodeSll2(context, 0, limit); break
    case LINK.raw: case LINK.rawBsd: case LINK.rawOpenBsd: case LINK.ipv4: case LINK.ipv6: decodeRaw(context, 0, limit); break
    default: rest(context, 0, limit, 'link')
  }
  padding(context)
  return { bytes, linkType, length: limit, layers: context.layers }
}

/** Bytes behind the packet: Ethernet frames have 60 at least, short packets are filled up. */
function padding(context: Context): void {
  const inner = context.layers.find((layer) => layer.tier === 'internet' || layer.kind === 'arp')
  if (!inner || inner.end >= context.available) return
  const scribe = new Scribe(context, 'padding', 'link', inner.end, context.available)
  scribe.octets('padding.bytes', context.available - inner.end)
  for (const layer of context.layers) if (layer.tier === 'link' && layer.from < inner.from) layer.end = context.available
  scribe.done()
}

/** The first layer of a kind that is not part of a quoted packet. */
export const layerOf = (frame: Frame, kind: Layer['kind']): Layer | undefined => frame.layers.find((layer) => layer.kind === kind && !layer.quoted)

/** A field of a layer by its key, flags and parts of options included. */
export function fieldOf(layer: Layer | undefined, key: string): Field | undefined {
  for (const field of layer?.fields ?? []) {
    if (field.key === key) return field
    const part = field.fields?.find((one) => one.key === key)
    if (part) return part
  }
  return undefined
}

/** All fields of a frame that cover a byte, the smallest last. */
export function fieldsAt(frame: Frame, at: number): { layer: Layer; field: Field }[] {
  const found: { layer: Layer; field: Field }[] = []
  for (const layer of frame.layers) {
    for (const field of layer.fields) if (at >= field.from && at < field.to) found.push({ layer, field })
  }
  return found.sort((x, y) => (y.field.to - y.field.from) - (x.field.to - x.field.from))
}
