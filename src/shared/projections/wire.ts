/**
 * What passed a relay, from both sides: each datagram or piece of a stream as it came in, what the wire did to it, and
 * when it went out. An index over the calls of the relay's threads, kept up as they come.
 *
 * What goes out is known by its bytes: a relay hands on the very bytes that it received, so both calls name the same
 * place of the session's byte store. Where the store did not keep them, the link is left open.
 */
import type { ByteRef, MarkKind, RunId, SockAddr, SockId } from '../trace/events'
import { countAt } from './history'
import { markOf } from './marks'
import type { CallModel, Cursor, LabState } from './model'

export type WireSide = 'client' | 'server'

export interface WireFate {
  seq: number
  what: MarkKind
  /** microseconds of delay */
  us?: number
}

/** Something came in from one side. `n` counts this side's, from 1. */
export interface WirePiece {
  seq: number
  t: number
  n: number
  from: WireSide
  call: number
  len: number
  data?: ByteRef
  remote?: SockAddr
  fates: WireFate[]
  /** how often it went out */
  out: { seq: number; t: number; call: number }[]
}

/** One moment of the picture. `piece` of `in` and `out`; the others belong to a TCP connection. */
export interface WireRow {
  seq: number
  t: number
  what: 'in' | 'out' | 'accept' | 'connect' | 'eof' | 'shutdown' | 'close' | 'reset'
  /** on which side of the wire */
  side: WireSide
  call: number
  piece?: WirePiece
  remote?: SockAddr
  len?: number
  errno?: string
}

export interface WireCounts { came: number; went: number; bytes: number; drop: number; delay: number; duplicate: number; reorder: number }

export interface Wire {
  run: RunId
  /** TCP: pieces of a stream, with connections that open and end */
  stream: boolean
  rows: WireRow[]
  pieces: WirePiece[]
  /** pieces of each side, in order */
  by: Record<WireSide, WirePiece[]>
  sides: Map<SockId, WireSide>
  next: Map<number, number>
  nextMark: number
  byCall: Map<number, WirePiece>
  byPlace: Map<number, WirePiece>
  /** everything so far, by the side from which it came, and the last event counted */
  totals: Record<WireSide, WireCounts>
  seq: number
}

const noCounts = (): WireCounts => ({ came: 0, went: 0, bytes: 0, drop: 0, delay: 0, duplicate: 0, reorder: 0 })

export const newWire = (run: RunId, stream: boolean): Wire => ({
  run, stream, rows: [], pieces: [], by: { client: [], server: [] }, sides: new Map(), next: new Map(), nextMark: 0, byCall: new Map(), byPlace: new Map(),
  totals: { client: noCounts(), server: noCounts() }, seq: -1,
})

const other = (side: WireSide): WireSide => (side === 'client' ? 'server' : 'client')
/** Pieces among which a part of a stream's piece is looked for. */
const RECENT = 256

/** Takes in what the lab has learnt of the run since the last time. */
export function updateWire(wire: Wire, lab: Pick<LabState, 'calls' | 'marks'>): void {
  const { calls, marks } = lab
  const run = calls.runs.get(wire.run)
  if (!run) return
  const news: number[] = []
  for (const thread of run.threads) {
    const own = calls.threads.get(thread)?.calls ?? []
    let at = wire.next.get(thread) ?? 0
    for (; at < own.length; at++) {
      if (!calls.list[own[at]!]?.end) break
      news.push(own[at]!)
    }
    wire.next.set(thread, at)
  }
  news.sort((x, y) => calls.list[x]!.end!.seq - calls.list[y]!.end!.seq)
  for (const call of news) take(wire, calls.list[call]!, call)
  const said = marks.runs.get(wire.run)?.all
  for (; said && wire.nextMark < said.length; wire.nextMark++) {
    const mark = markOf(marks.columns, said.at(wire.nextMark))
    const piece = mark.call === undefined ? undefined : wire.byCall.get(mark.call)
    if (!piece) continue
    piece.fates.push({ seq: mark.seq, what: mark.what, ...(mark.us === undefined ? {} : { us: mark.us }) })
    if (isCounted(mark.what)) wire.totals[piece.from][mark.what]++
    wire.seq = Math.max(wire.seq, mark.seq)
  }
}

function take(wire: Wire, call: CallModel, at: number): void {
  const end = call.end!
  const sock = call.sock
  wire.seq = Math.max(wire.seq, end.seq)
  if (end.errno === 'CANCELLED' || end.errno === 'TIMEOUT') return
  const row = (what: WireRow['what'], side: WireSide, more: Partial<WireRow> = {}): void => {
    wire.rows.push({ seq: end.seq, t: end.t, what, side, call: at, ...(end.errno === undefined ? {} : { errno: end.errno }), ...more })
  }
  const side = sock === undefined ? undefined : wire.sides.get(sock)
  switch (call.name) {
    case 'bind':
      if (sock !== undefined) wire.sides.set(sock, 'client')
      return
    case 'accept':
      if (end.sock === undefined) return
      wire.sides.set(end.sock, 'client')
      return row('accept', 'client', end.remote ? { remote: end.remote } : {})
    case 'connect':
      if (sock !== undefined) wire.sides.set(sock, 'server')
      // a UDP connect() only notes the address: nothing passes
      return wire.stream ? row('connect', 'server', end.remote ? { remote: end.remote } : {}) : undefined
    case 'recvfrom':
    case 'recv':
      return side ? received(wire, call, at, side, row) : undefined
    case 'sendto':
    case 'send':
      return side ? sent(wire, call, side, at, row) : undefined
    case 'shutdown':
      return side ? row('shutdown', side) : undefined
    case 'abort':
      return side ? row('reset', side) : undefined
    case 'close':
      return side && wire.stream ? row('close', side) : undefined
    default:
  }
}

type Counted = 'drop' | 'delay' | 'duplicate' | 'reorder'
const isCounted = (what: MarkKind): what is Counted => what === 'drop' || what === 'delay' || what === 'duplicate' || what === 'reorder'

type AddRow = (what: WireRow['what'], side: WireSide, more?: Partial<WireRow>) => void

function received(wire: Wire, call: CallModel, at: number, side: WireSide, row: AddRow): void {
  const end = call.end!
  if (end.errno !== undefined) return row('reset', side)
  const len = end.data?.len ?? 0
  if (len === 0 && call.name === 'recv' && wire.stream) return row('eof', side)
  const piece: WirePiece = { seq: end.seq, t: end.t, n: wire.by[side].length + 1, from: side, call: at, len, fates: [], out: [] }
  if (end.data) piece.data = end.data
  if (end.remote) piece.remote = end.remote
  wire.pieces.push(piece)
  wire.by[side].push(piece)
  wire.byCall.set(at, piece)
  wire.totals[side].came++
  wire.totals[side].bytes += len
  if (end.data && end.data.kept > 0) wire.byPlace.set(end.data.at, piece)
  row('in', side, { piece, len, ...(end.remote ? { remote: end.remote } : {}) })
}

function sent(wire: Wire, call: CallModel, side: WireSide, at: number, row: AddRow): void {
  const end = call.end!
  const piece = end.data ? pieceAt(wire, end.data, other(side)) : undefined
  if (end.errno === undefined) {
    piece?.out.push({ seq: end.seq, t: end.t, call: at })
    wire.totals[other(side)].went++
  }
  row('out', side, { len: end.data?.len ?? Number(call.args.len ?? 0), ...(piece ? { piece } : {}), ...(end.remote ? { remote: end.remote } : {}) })
}

/** The piece from that side of which these bytes are, or are a part. */
function pieceAt(wire: Wire, data: ByteRef, from: WireSide): WirePiece | undefined {
  if (data.kept === 0) return undefined
  const exact = wire.byPlace.get(data.at)
  if (exact?.from === from) return exact
  const list = wire.by[from]
  for (let i = list.length - 1; i >= Math.max(0, list.length - RECENT); i--) {
    const piece = list[i]!
    if (piece.data && data.at >= piece.data.at && data.at < piece.data.at + piece.data.len) return piece
  }
  return undefined
}

// ---- at the cursor

export const wireRows = (wire: Wire, cursor: Cursor): number => countAt(wire.rows, cursor)

/** What the wire did to it, as one word: the worst that happened. */
export type FateWord = 'waits' | 'forward' | 'drop' | 'delay' | 'duplicate' | 'reorder'

export function fateAt(piece: WirePiece, cursor: Cursor): { word: FateWord; words: MarkKind[]; us?: number } {
  const known = piece.fates.filter((fate) => fate.seq <= cursor)
  const words = known.map((fate) => fate.what)
  const us = known.find((fate) => fate.what === 'delay')?.us
  const word = (['drop', 'duplicate', 'reorder', 'delay', 'forward'] as const).find((one) => words.includes(one)) ?? 'waits'
  return { word, words, ...(us === undefined ? {} : { us }) }
}

/** What came from one side, and what the wire did to it. At the end it is at hand; before, it is counted. */
export function countsAt(wire: Wire, from: WireSide, cursor: Cursor): WireCounts {
  if (cursor >= wire.seq) return wire.totals[from]
  const out = noCounts()
  for (let i = 0, n = countAt(wire.by[from], cursor); i < n; i++) {
    const piece = wire.by[from][i]!
    out.came++
    out.bytes += piece.len
    for (const fate of piece.fates) if (fate.seq <= cursor && isCounted(fate.what)) out[fate.what]++
  }
  for (let i = 0, n = wireRows(wire, cursor); i < n; i++) {
    const row = wire.rows[i]!
    if (row.what === 'out' && row.side !== from && row.errno === undefined) out.went++
  }
  return out
}

/** The fates of one direction that the seed decides, in order: what two runs with one seed have in common. */
export function fatesOf(wire: Wire, from: WireSide, cursor: Cursor, most: number): string {
  const list = wire.by[from]
  const n = Math.min(most, countAt(list, cursor))
  let out = ''
  for (let i = 0; i < n; i++) {
    const { words } = fateAt(list[i]!, cursor)
    out += words.includes('drop') ? 'x' : words.includes('duplicate') ? '2' : words.includes('reorder') ? 'r' : '.'
  }
  return out
}
