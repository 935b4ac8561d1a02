/**
 * Reads a capture file (pcap or pcapng, either byte order) piece by piece. Memory: one piece and at most one block.
 * A file that is cut or damaged gives what stands before that place; `damage` and `incomplete` say so.
 *
 * draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng describe the formats.
 */
import { BLOCK, BYTE_ORDER, CaptureFormatError, PCAP_MAGIC, captureFormat, type CaptureFormat, type CapturedFrame } from './format'
import { MAX_BLOCK, MAX_FRAME, MAX_INTERFACES } from './limits'
import { readInterface, timeOf, type Section } from './pcapng-section'

/** Everything that is needed to go on from a place in the file. */
export interface ReaderPlace {
  /** of the next record or block in the file */
  offset: number
  format: CaptureFormat
  section: Section
  nano: boolean
}

const FILE_HEAD = 24
const RECORD_HEAD = 16
const BLOCK_HEAD = 8
const BLOCK_MIN = 12
const SECTION_MIN = 28

export class CaptureReader {
  format: CaptureFormat | undefined
  /** why reading ended before the end of the file, and where; undefined while all is well */
  damage: { offset: number; message: string } | undefined
  private pending: Uint8Array = new Uint8Array(0)
  private view = new DataView(this.pending.buffer)
  /** of pending[0] in the file */
  private base = 0
  private at = 0
  /** bytes of a block of another type that are still to be skipped */
  private skipping = 0
  private section: Section = { little: true, interfaces: [] }
  private nano = false

  /** @param place from where to go on; the next pushed piece begins at its offset */
  constructor(place?: ReaderPlace) {
    if (!place) return
    this.base = place.offset
    this.format = place.format
    this.section = place.section
    this.nano = place.nano
  }

  /** where the next record or block begins */
  get offset(): number {
    return this.base + this.at
  }

  /** Bytes are there that are no whole block: at the end of a file, it was cut. */
  get incomplete(): boolean {
    return this.skipping > 0 || this.at < this.pending.length || this.format === undefined
  }

  /** Between two pushes, or within `onFrame`: what a second reader needs to go on behind the last frame. */
  place(): ReaderPlace {
    return { offset: this.offset, format: this.format!, section: this.section, nano: this.nano }
  }

  /**
   * Takes the next piece and gives `onFrame` every frame that it completes. After damage nothing more is read.
   * Throws CaptureFormatError when this is no capture file.
   */
  push(piece: Uint8Array, onFrame: (frame: CapturedFrame) => void): void {
    if (this.damage) return
    if (this.skipping > 0) {
      const skip = Math.min(this.skipping, piece.length)
      this.skipping -= skip
      this.base += skip
      piece = piece.subarray(skip)
    }
    this.take(piece)
    if (this.format === undefined && !this.begin()) return
    const step = this.format === 'pcap' ? this.record : this.block
    while (!this.damage && step.call(this, onFrame));
  }

  private take(piece: Uint8Array): void {
    if (this.at < this.pending.length) {
      const joined = new Uint8Array(this.pending.length - this.at + piece.length)
      joined.set(this.pending.subarray(this.at))
      joined.set(piece, this.pending.length - this.at)
      this.pending = joined
    } else this.pending = piece
    this.base += this.at
    this.at = 0
    this.view = new DataView(this.pending.buffer, this.pending.byteOffset, this.pending.length)
  }

  private get left(): number {
    return this.pending.length - this.at
  }

  /** False until the head is there. */
  private begin(): boolean {
    const format = captureFormat(this.pending)
    if (format === 'short') return false
    if (format === undefined) throw new CaptureFormatError('this is no capture file: neither pcap nor pcapng')
    if (format === 'pcap') {
      if (this.left < FILE_HEAD) return false
      const { little, nano } = PCAP_MAGIC[this.view.getUint32(0)]!
      const major = this.view.getUint16(4, little)
      if (major !== 2) throw new CaptureFormatError(`a pcap file of version ${major}: only version 2 is known`)
      // the upper bits say whether frames end in a checksum
      const link = this.view.getUint32(20, little) & 0xffff
      this.nano = nano
      this.section = { little, interfaces: [{ link, snaplen: 0, name: undefined, units: 1n, offset: 0, fast: 1 }] }
      this.at = FILE_HEAD
    }
    this.format = format
    return true
  }

  private broken(message: string): false {
    this.damage = { offset: this.offset, message }
    // the first block is the file's head
    if (this.offset === 0) throw new CaptureFormatError(`this is no capture file: ${message}`)
    return false
  }

  // ---- pcap

  private record(onFrame: (frame: CapturedFrame) => void): boolean {
    if (this.left < RECORD_HEAD) return false
    const { view, at } = this
    const { little } = this.section
    const captured = view.getUint32(at + 8, little)
    const wire = view.getUint32(at + 12, little)
    if (captured > MAX_FRAME) return this.broken(`a frame of ${captured} bytes`)
    if (this.left < RECORD_HEAD + captured) return false
    const sec = view.getUint32(at, little)
    const fraction = view.getUint32(at + 4, little) * (this.nano ? 1 : 1000)
    const carry = Math.floor(fraction / 1_000_000_000)
    const begin = at + RECORD_HEAD
    this.at = begin + captured
    onFrame({
      link: this.section.interfaces[0]!.link, interface: undefined, sec: sec + carry, ns: fraction - carry * 1_000_000_000,
      wire: Math.max(wire, captured), offset: this.base + begin, bytes: this.pending.subarray(begin, begin + captured),
    })
    return true
  }

  // ---- pcapng

  private block(onFrame: (frame: CapturedFrame) => void): boolean {
    if (this.left < BLOCK_MIN) return false
    const { view, at } = this
    let { little } = this.section
    const section = view.getUint32(at) === BLOCK.section
    if (section) {
      const order = view.getUint32(at + 8)
      if (order !== BYTE_ORDER && view.getUint32(at + 8, true) !== BYTE_ORDER) return this.broken('a section without its byte order')
      little = order !== BYTE_ORDER
    }
    const type = section ? BLOCK.section : view.getUint32(at, little)
    const length = view.getUint32(at + 4, little)
    if (length < (section ? SECTION_MIN : BLOCK_MIN) || length % 4 !== 0) return this.broken(`a block of ${length} bytes`)
    const known = section || type === BLOCK.interface || type === BLOCK.enhanced || type === BLOCK.simple || type === BLOCK.packet
    if (!known) return this.skip(length)
    if (length > MAX_BLOCK) return this.broken(`a block of ${length} bytes`)
    if (this.left < length) return false
    if (view.getUint32(at + length - 4, little) !== length) return this.broken('a block whose two lengths differ')
    if (section) this.section = { little, interfaces: [] }
    else if (type === BLOCK.interface) {
      if (this.section.interfaces.length >= MAX_INTERFACES) return this.broken(`more than ${MAX_INTERFACES} interfaces`)
      const found = readInterface(new DataView(view.buffer, view.byteOffset + at + BLOCK_HEAD, length - BLOCK_MIN), little)
      if (!found) return this.broken('an interface that cannot be read')
      this.section.interfaces.push(found)
    } else {
      const frame = this.frame(type, at + BLOCK_HEAD, length - BLOCK_MIN)
      if (typeof frame === 'string') return this.broken(frame)
      this.at += length
      onFrame(frame)
      return true
    }
    this.at += length
    return true
  }

  private skip(length: number): boolean {
    const here = Math.min(length, this.left)
    this.at += here
    this.skipping = length - here
    return this.skipping === 0
  }

  /** A packet's block: its body begins at `body` and has `size` bytes. Text: what is wrong with it. */
  private frame(type: number, body: number, size: number): CapturedFrame | string {
    const { view } = this
    const { little, interfaces } = this.section
    const simple = type === BLOCK.simple
    const head = simple ? 4 : 20
    if (size < head) return 'a packet without its head'
    const index = simple ? 0 : type === BLOCK.enhanced ? view.getUint32(body, little) : view.getUint16(body, little)
    const from = interfaces[index]
    if (!from) return `a packet of the interface ${index}, which is not there`
    const wire = view.getUint32(body + (simple ? 0 : 16), little)
    const captured = simple ? Math.min(wire, from.snaplen || wire, size - head) : view.getUint32(body + 12, little)
    if (captured > MAX_FRAME || captured > size - head) return `a frame of ${captured} bytes`
    const time = simple ? { sec: undefined, ns: 0 } : timeOf(view.getUint32(body + 4, little), view.getUint32(body + 8, little), from)
    const begin = body + head
    return {
      link: from.link, interface: from.name, sec: time.sec, ns: time.ns, wire: Math.max(wire, captured),
      offset: this.base + begin, bytes: this.pending.subarray(begin, begin + captured),
    }
  }
}
