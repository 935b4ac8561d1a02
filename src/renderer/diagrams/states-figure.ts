/**
 * The state diagram of a TCP connection: RFC 9293, section 3.3.2, figure 5, laid out by hand in a box about 1000 square.
 * The causes are in the RFC's words. What the figure leaves out for legibility (its notes 2 and 3) is drawn only where it
 * was taken.
 */
import type { StateChange } from '../../shared/projections/model'
import type { TcpState } from '../../shared/trace/events'

export const BOX = { x: 0, y: -36, width: 1000, height: 1086 } as const

export interface FigureNode {
  /** CLOSED stands twice in the figure: at its beginning and at its end */
  id: TcpState | 'CLOSED_END'
  state: TcpState
  /** the middle of the box */
  x: number
  y: number
  w: number
  h: number
}

const W = 176
const H = 56
const node = (id: FigureNode['id'], x: number, y: number, w = W, h = H): FigureNode => ({ id, state: id === 'CLOSED_END' ? 'CLOSED' : id, x, y, w, h })

export const NODES: readonly FigureNode[] = [
  node('CLOSED', 500, 38),
  node('LISTEN', 500, 190),
  node('SYN_RCVD', 112, 372),
  node('SYN_SENT', 888, 372),
  node('ESTABLISHED', 500, 530),
  node('FIN_WAIT_1', 112, 668),
  node('CLOSE_WAIT', 888, 668),
  node('FIN_WAIT_2', 112, 846),
  node('CLOSING', 500, 800),
  node('LAST_ACK', 888, 846),
  node('TIME_WAIT', 500, 990),
  node('CLOSED_END', 888, 990),
]

export interface FigureEdge {
  id: string
  from: FigureNode['id']
  to: FigureNode['id']
  /** SVG path from the rim of one box to the rim of the other */
  path: string
  /** what happens, and what is sent for it; 'x' in the figure: nothing */
  event: string
  action?: string
  /** the label's anchor point and side; its two lines stand around `y` */
  label: { x: number; y: number; anchor: 'start' | 'middle' | 'end' }
  /** not in the figure: drawn where it was taken */
  hidden?: boolean
}

export const EDGES: readonly FigureEdge[] = [
  { id: 'passive-open', from: 'CLOSED', to: 'LISTEN', path: 'M478 66 V162', event: 'passive OPEN', action: 'create TCB', label: { x: 466, y: 114, anchor: 'end' } },
  { id: 'close-listen', from: 'LISTEN', to: 'CLOSED', path: 'M522 162 V66', event: 'CLOSE', action: 'delete TCB', label: { x: 534, y: 114, anchor: 'start' } },
  {
    id: 'active-open', from: 'CLOSED', to: 'SYN_SENT', path: 'M588 30 H880 Q916 30 916 66 V344', event: 'active OPEN', action: 'create TCB, snd SYN',
    label: { x: 746, y: 0, anchor: 'middle' },
  },
  { id: 'close-syn-sent', from: 'SYN_SENT', to: 'CLOSED', path: 'M866 344 V116 Q866 84 832 78 L588 50', event: 'CLOSE', action: 'delete TCB', label: { x: 854, y: 150, anchor: 'end' } },
  { id: 'rst-syn-rcvd', from: 'SYN_RCVD', to: 'LISTEN', path: 'M84 344 V226 Q84 190 120 190 H412', event: 'rcv RST', action: '(passive OPEN)', label: { x: 250, y: 158, anchor: 'middle' } },
  { id: 'syn-listen', from: 'LISTEN', to: 'SYN_RCVD', path: 'M470 218 V290 Q470 344 420 348 L200 362', event: 'rcv SYN', action: 'snd SYN,ACK', label: { x: 458, y: 262, anchor: 'end' } },
  { id: 'send-listen', from: 'LISTEN', to: 'SYN_SENT', path: 'M530 218 V290 Q530 344 580 348 L800 362', event: 'SEND', action: 'snd SYN', label: { x: 542, y: 262, anchor: 'start' } },
  { id: 'simultaneous-open', from: 'SYN_SENT', to: 'SYN_RCVD', path: 'M800 378 H200', event: 'rcv SYN', action: 'snd SYN,ACK', label: { x: 674, y: 407, anchor: 'middle' } },
  { id: 'ack-of-syn', from: 'SYN_RCVD', to: 'ESTABLISHED', path: 'M200 394 H420 Q474 396 474 440 V502', event: 'rcv ACK of SYN', label: { x: 460, y: 452, anchor: 'end' } },
  { id: 'syn-ack', from: 'SYN_SENT', to: 'ESTABLISHED', path: 'M846 400 V420 Q846 456 800 456 H566 Q526 456 526 480 V502', event: 'rcv SYN,ACK', action: 'snd ACK', label: { x: 690, y: 488, anchor: 'middle' } },
  { id: 'close-syn-rcvd', from: 'SYN_RCVD', to: 'FIN_WAIT_1', path: 'M84 400 V640', event: 'CLOSE', action: 'snd FIN', label: { x: 96, y: 520, anchor: 'start' } },
  { id: 'close-estab', from: 'ESTABLISHED', to: 'FIN_WAIT_1', path: 'M478 558 V606 Q478 654 430 656 L200 662', event: 'CLOSE', action: 'snd FIN', label: { x: 464, y: 604, anchor: 'end' } },
  { id: 'fin-estab', from: 'ESTABLISHED', to: 'CLOSE_WAIT', path: 'M522 558 V606 Q522 654 570 656 L800 662', event: 'rcv FIN', action: 'snd ACK', label: { x: 536, y: 604, anchor: 'start' } },
  { id: 'fin-fin-wait-1', from: 'FIN_WAIT_1', to: 'CLOSING', path: 'M200 686 H446 Q500 688 500 736 V772', event: 'rcv FIN', action: 'snd ACK', label: { x: 486, y: 736, anchor: 'end' } },
  { id: 'ack-fin-wait-1', from: 'FIN_WAIT_1', to: 'FIN_WAIT_2', path: 'M84 696 V818', event: 'rcv ACK of FIN', label: { x: 96, y: 757, anchor: 'start' } },
  { id: 'close-close-wait', from: 'CLOSE_WAIT', to: 'LAST_ACK', path: 'M888 696 V818', event: 'CLOSE', action: 'snd FIN', label: { x: 876, y: 757, anchor: 'end' } },
  { id: 'fin-fin-wait-2', from: 'FIN_WAIT_2', to: 'TIME_WAIT', path: 'M84 874 V954 Q84 990 120 990 H412', event: 'rcv FIN', action: 'snd ACK', label: { x: 98, y: 932, anchor: 'start' } },
  { id: 'ack-closing', from: 'CLOSING', to: 'TIME_WAIT', path: 'M500 828 V962', event: 'rcv ACK of FIN', label: { x: 512, y: 895, anchor: 'start' } },
  { id: 'ack-last-ack', from: 'LAST_ACK', to: 'CLOSED_END', path: 'M888 874 V962', event: 'rcv ACK of FIN', label: { x: 876, y: 918, anchor: 'end' } },
  { id: 'timeout', from: 'TIME_WAIT', to: 'CLOSED_END', path: 'M588 990 H800', event: 'Timeout=2MSL', action: 'delete TCB', label: { x: 694, y: 990, anchor: 'middle' } },
  // note 2 of the figure: the peer's FIN came together with the ACK of ours
  {
    id: 'fin-ack-fin-wait-1', from: 'FIN_WAIT_1', to: 'TIME_WAIT', path: 'M176 696 Q176 722 202 722 H238 Q264 722 264 748 V904 Q264 930 290 930 H424 Q452 930 452 962', event: 'rcv FIN,ACK of FIN', action: 'snd ACK',
    label: { x: 275, y: 876, anchor: 'start' }, hidden: true,
  },
]

const byId = new Map(NODES.map((n) => [n.id, n]))
export const nodeById = (id: FigureNode['id']): FigureNode => byId.get(id)!

/**
 * The ways into CLOSED that the figure leaves out for legibility (a RST in any state, ABORT, a user timeout: its note 3
 * and section 3.10.7): a stub at the state, with the cause.
 */
const STUBS: Partial<Record<TcpState, { path: string; label: FigureEdge['label'] }>> = {
  SYN_RCVD: { path: 'M170 344 V304', label: { x: 182, y: 308, anchor: 'start' } },
  SYN_SENT: { path: 'M846 344 V304', label: { x: 834, y: 308, anchor: 'end' } },
  ESTABLISHED: { path: 'M412 530 H366', label: { x: 358, y: 530, anchor: 'end' } },
  FIN_WAIT_1: { path: 'M160 640 V600', label: { x: 172, y: 606, anchor: 'start' } },
  CLOSE_WAIT: { path: 'M840 640 V600', label: { x: 828, y: 606, anchor: 'end' } },
  FIN_WAIT_2: { path: 'M170 818 V784', label: { x: 182, y: 797, anchor: 'start' } },
  CLOSING: { path: 'M588 800 H630', label: { x: 640, y: 800, anchor: 'start' } },
  LAST_ACK: { path: 'M800 846 H760', label: { x: 750, y: 846, anchor: 'end' } },
}

function stub(change: StateChange): FigureEdge | undefined {
  const at = STUBS[change.from]
  if (!at || change.to !== 'CLOSED') return undefined
  const cause = change.rcv ? `rcv ${change.rcv}` : change.cause ?? ''
  const to = change.from === 'SYN_SENT' || change.from === 'SYN_RCVD' ? 'CLOSED' : 'CLOSED_END'
  return { id: `stub:${change.from}`, from: change.from, to, ...at, event: cause, action: '→ CLOSED', hidden: true }
}

/** A change of which a look at the kernel missed what lay between: a bow from box to box, without a cause. */
function bow(from: FigureNode, to: FigureNode): FigureEdge {
  const [y1, y2] = to.y > from.y ? [from.y + from.h / 2, to.y - to.h / 2] : [from.y - from.h / 2, to.y + to.h / 2]
  const side = from.x > 600 ? -60 : 60
  const [x1, x2] = [from.x + side, to.x + side]
  return {
    id: `free:${from.id}:${to.id}`, from: from.id, to: to.id, event: '', hidden: true, label: { x: x1, y: y1, anchor: 'middle' },
    path: `M${x1} ${y1} C${x1 + side} ${(y1 * 2 + y2) / 3} ${x2 + side} ${(y1 + y2 * 2) / 3} ${x2} ${y2}`,
  }
}

const ends = (change: StateChange): boolean =>
  [change.rcv, change.snd].some((flags) => flags?.includes('RST')) || change.cause === 'ABORT' || change.cause === 'timeout'

/** The edge of a change of state: the figure's own where the two states and the cause have one. */
export function edgeOf(change: StateChange): FigureEdge {
  const own = EDGES.find((edge) => nodeById(edge.from).state === change.from && nodeById(edge.to).state === change.to)
  const abnormal = ends(change) && change.to === 'CLOSED' && change.from !== 'TIME_WAIT'
  if (own && !abnormal) return own
  return stub(change) ?? own ?? bow(nodeById(change.from), nodeById(change.to))
}
