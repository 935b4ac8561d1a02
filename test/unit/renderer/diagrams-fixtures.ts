/** A small hand that writes models as the projections would: for the tests of the diagrams. */
import type {
  CallModel, CallsState, ConnectionModel, Evidence, Segment, Side, SockModel, StateChange,
} from '../../../src/shared/projections/model'
import type { BlockReason, Plain, SyscallName, TcpFacts, TcpState } from '../../../src/shared/trace/events'

const history = <T>() => ({ seq: [] as number[], t: [] as number[], value: [] as T[] })

export class Hand {
  seq = 0
  t = 0
  private ids = 0
  readonly calls: CallsState = { runs: new Map(), threads: new Map(), list: [], index: new Map() }
  readonly sockets = new Map<number, SockModel>()
  readonly connection: ConnectionModel

  constructor(readonly evidence: Evidence = 'inferred', type: 'stream' | 'dgram' = 'stream') {
    const endpoint = (side: Side, port: number) => ({
      side, addr: { family: 'inet' as const, host: '127.0.0.1', port }, states: [] as StateChange[], facts: history<TcpFacts & { timer?: string; expires?: number }>(),
    })
    this.connection = {
      id: 7, family: 'inet', type, seq: 0, t: 0, a: endpoint('a', 54_321), b: endpoint('b', 9_999),
      segments: [], streams: { a: { sends: [], recvs: [] }, b: { sends: [], recvs: [] } }, outcome: history(), calls: [],
    }
    for (const [run, program, thread, name] of [[1, 'tcp-server', 1, 'main'], [2, 'tcp-client', 2, 'main'], [1, 'tcp-server', 3, 'client 1']] as const) {
      if (!this.calls.runs.has(run)) this.calls.runs.set(run, { run, program, params: {}, seq: 0, t: 0, threads: [], output: [] })
      this.calls.runs.get(run)!.threads.push(thread)
      this.calls.threads.set(thread, { thread, run, name, func: 'main', seq: 0, t: 0, calls: [] })
    }
  }

  sock(sock: number, fd: number, run = 1): SockModel {
    const model: SockModel = {
      sock, fd, family: 'inet', type: 'stream', run, seq: this.seq, t: this.t, origin: { by: 'socket' },
      local: history(), remote: history(), facts: history(), state: history(), options: history(),
    }
    this.sockets.set(sock, model)
    return model
  }

  wait(us: number): this {
    this.t += us
    return this
  }

  call(side: Side, name: SyscallName, args: Record<string, Plain>, thread = side === 'a' ? 2 : 1, sock = side === 'a' ? 20 : 10): CallModel {
    const call: CallModel = { call: this.calls.list.length + 1, thread, run: this.calls.threads.get(thread)!.run, name, sock, args, seq: this.seq++, t: this.t, blocks: [] }
    const index = this.calls.list.push(call) - 1
    this.calls.index.set(call.call, index)
    this.calls.threads.get(thread)!.calls.push(index)
    this.connection.calls.push({ seq: call.seq, side, index })
    return call
  }

  block(call: CallModel, why: BlockReason): CallModel {
    call.blocks.push({ seq: this.seq++, t: this.t, why })
    return call
  }

  ret(call: CallModel, value: Plain, more: Partial<NonNullable<CallModel['end']>> = {}): CallModel {
    call.end = { seq: this.seq++, t: this.t, value, ...more }
    return call
  }

  segment(from: Side, flags: string, more: Partial<Segment> = {}): Segment {
    const segment: Segment = { id: this.ids++, seq: this.seq, t: this.t, from, flags, len: 0, count: 1, fate: 'arrived', evidence: this.evidence, ...more }
    this.connection.segments.push(segment)
    return segment
  }

  state(side: Side, to: TcpState, more: Partial<StateChange> = {}): StateChange {
    const states = this.connection[side].states
    const from = states.at(-1)?.to ?? (side === 'a' ? 'CLOSED' : 'LISTEN')
    const change: StateChange = { seq: this.seq, t: this.t, from, to, evidence: this.evidence, ...more }
    states.push(change)
    return change
  }

  outcome(value: ConnectionModel['outcome']['value'][number]): void {
    const o = this.connection.outcome
    o.seq.push(this.seq++)
    o.t.push(this.t)
    o.value.push(value)
  }

  /** The server waits in accept(), the client connects. */
  open(): this {
    const accept = this.block(this.call('b', 'accept', {}), 'readable')
    this.wait(1_234_000)
    const connect = this.call('a', 'connect', { address: { family: 'inet', host: '127.0.0.1', port: 9999 } })
    this.wait(20)
    const numbers = this.evidence === 'captured'
    this.segment('a', 'SYN', { call: connect.call, ...(numbers ? { seqno: 4_000_000_000, window: 65_495 } : {}) })
    this.state('a', 'SYN_SENT', { cause: 'active OPEN', snd: 'SYN', call: connect.call })
    this.state('b', 'SYN_RCVD', { rcv: 'SYN', snd: 'SYN,ACK' })
    this.wait(12)
    this.segment('b', 'SYN,ACK', numbers ? { seqno: 100, ackno: 4_000_000_001, window: 65_483 } : {})
    this.state('a', 'ESTABLISHED', { rcv: 'SYN,ACK', snd: 'ACK' })
    this.wait(9)
    this.segment('a', 'ACK', numbers ? { seqno: 4_000_000_001, ackno: 101, window: 512 } : {})
    this.state('b', 'ESTABLISHED', { rcv: 'ACK of SYN' })
    this.seq++
    this.wait(10)
    this.ret(connect, 0)
    this.wait(30)
    this.ret(accept, 5, { fd: 5, sock: 11 })
    this.connection.b.sock = 11
    this.connection.b.sockSeq = accept.end!.seq
    this.connection.a.sock = 20
    this.connection.a.sockSeq = connect.seq
    if (!this.sockets.has(11)) this.sock(11, 5)
    if (!this.sockets.has(20)) this.sock(20, 3, 2)
    return this
  }

  /** send() on one side, recv() that waited for it on the other. */
  data(from: Side, len: number, waited = 0): this {
    const to: Side = from === 'a' ? 'b' : 'a'
    const thread = (side: Side) => (side === 'a' ? 2 : 3)
    const sock = (side: Side) => (side === 'a' ? 20 : 11)
    const recv = this.call(to, 'recv', { n: 1024 }, thread(to), sock(to))
    if (waited > 0) this.wait(15).block(recv, 'readable')
    this.wait(waited)
    const send = this.call(from, 'send', { len }, thread(from), sock(from))
    this.wait(8)
    const stream = this.connection.streams[from]
    const offset = stream.sends.reduce((sum, s) => sum + s.len, 0)
    const numbers = this.evidence === 'captured'
    this.segment(from, 'PSH,ACK', { len, offset, call: send.call, ...(numbers ? { seqno: (from === 'a' ? 4_000_000_001 : 101) + offset, ackno: from === 'a' ? 101 : 4_000_000_001, window: 512 } : {}) })
    stream.sends.push({ seq: this.seq, t: this.t, call: send.call, offset, len, asked: len })
    this.seq++
    this.ret(send, len)
    this.wait(14)
    stream.recvs.push({ seq: this.seq, t: this.t, call: recv.call, offset, len, asked: 1024 })
    this.ret(recv, len)
    this.wait(5)
    this.segment(to, 'ACK')
    this.seq++
    return this
  }

  /** An orderly close begun by `first`; the other end follows after `later` microseconds. */
  close(first: Side, later = 800): this {
    const second: Side = first === 'a' ? 'b' : 'a'
    const thread = (side: Side) => (side === 'a' ? 2 : 3)
    const close = this.call(first, 'close', {}, thread(first), first === 'a' ? 20 : 11)
    this.wait(6)
    this.segment(first, 'FIN,ACK', { call: close.call })
    this.state(first, 'FIN_WAIT_1', { cause: 'CLOSE', snd: 'FIN', call: close.call })
    this.state(second, 'CLOSE_WAIT', { rcv: 'FIN', snd: 'ACK' })
    this.seq++
    this.ret(close, 0)
    this.wait(10)
    this.segment(second, 'ACK')
    this.state(first, 'FIN_WAIT_2', { rcv: 'ACK of FIN' })
    this.seq++
    this.wait(later)
    const other = this.call(second, 'close', {}, thread(second), second === 'a' ? 20 : 11)
    this.wait(5)
    this.segment(second, 'FIN,ACK', { call: other.call })
    this.state(second, 'LAST_ACK', { cause: 'CLOSE', snd: 'FIN', call: other.call })
    this.state(first, 'TIME_WAIT', { rcv: 'FIN', snd: 'ACK' })
    this.seq++
    this.ret(other, 0)
    this.wait(8)
    this.segment(first, 'ACK')
    this.state(second, 'CLOSED', { rcv: 'ACK of FIN' })
    this.seq++
    this.outcome('closed')
    return this
  }

  /** A listening socket with facts of its accept queue. */
  listener(): SockModel {
    const model = this.sock(10, 4)
    model.local.seq.push(0)
    model.local.t.push(0)
    model.local.value.push({ family: 'inet', host: '0.0.0.0', port: 9999 })
    model.state.seq.push(this.seq)
    model.state.t.push(this.t)
    model.state.value.push({ state: 'LISTEN', evidence: 'kernel' })
    model.facts.seq.push(this.seq++)
    model.facts.t.push(this.t)
    model.facts.value.push({ state: 'LISTEN', recvq: 2, sendq: 5 })
    this.connection.listener = 10
    return model
  }
}

export const refused = (): Hand => {
  const hand = new Hand()
  hand.connection.b.states.length = 0
  const connect = hand.call('a', 'connect', { address: { family: 'inet', host: '127.0.0.1', port: 9999 } })
  hand.wait(20)
  hand.segment('a', 'SYN', { call: connect.call })
  hand.state('a', 'SYN_SENT', { cause: 'active OPEN', snd: 'SYN', call: connect.call })
  hand.wait(9)
  hand.segment('b', 'RST,ACK')
  hand.state('a', 'CLOSED', { rcv: 'RST' })
  hand.ret(connect, -1, { errno: 'ECONNREFUSED' })
  hand.outcome('refused')
  return hand
}

/** SYNs into silence, each sent again later than the one before, until the time is out. */
export const silence = (): Hand => {
  const hand = new Hand('kernel')
  const connect = hand.call('a', 'connect', { address: { family: 'inet', host: '10.255.255.1', port: 80 } })
  hand.wait(20)
  hand.segment('a', 'SYN', { call: connect.call, fate: 'lost' })
  hand.state('a', 'SYN_SENT', { cause: 'active OPEN', snd: 'SYN', call: connect.call })
  hand.block(connect, 'writable')
  for (const s of [1, 2, 4, 8]) {
    hand.wait(s * 1_010_000)
    hand.segment('a', 'SYN', { fate: 'lost', retransmission: true })
    hand.seq++
  }
  hand.wait(16_000_000)
  hand.state('a', 'CLOSED', { cause: 'timeout' })
  hand.ret(connect, -1, { errno: 'ETIMEDOUT' })
  hand.outcome('timed-out')
  return hand
}

export const whole = (evidence: Evidence): Hand => {
  const hand = new Hand(evidence)
  hand.listener()
  hand.open().wait(40).data('a', 5, 340_000).wait(120).data('b', 3, 2_000).wait(60)
  return hand.close('b').wait(60_000_000)
}

/** Both ends close at once (RFC 9293, section 3.6, case 3). */
export const crossing = (): Hand => {
  const hand = new Hand('captured').open()
  hand.wait(300)
  for (const side of ['a', 'b'] as const) {
    const close = hand.call(side, 'shutdown', { how: 'WR' }, side === 'a' ? 2 : 3)
    hand.wait(3)
    hand.segment(side, 'FIN,ACK', { call: close.call })
    hand.state(side, 'FIN_WAIT_1', { cause: 'CLOSE', snd: 'FIN', call: close.call })
    hand.seq++
    hand.ret(close, 0)
  }
  hand.wait(4)
  for (const side of ['a', 'b'] as const) {
    hand.segment(side, 'ACK')
    hand.state(side, 'CLOSING', { rcv: 'FIN', snd: 'ACK' })
    hand.seq++
    hand.wait(2)
  }
  hand.wait(30)
  for (const side of ['a', 'b'] as const) hand.state(side, 'TIME_WAIT', { rcv: 'ACK of FIN' })
  hand.seq++
  return hand
}

/** An aborted connection: data under way, then RST. */
export const aborted = (): Hand => {
  const hand = new Hand('captured').open().wait(50).data('a', 1000, 1_500)
  const recv = hand.block(hand.call('b', 'recv', { n: 4096 }, 3, 11), 'readable')
  hand.wait(700_000)
  const abort = hand.call('a', 'abort', {})
  hand.wait(4)
  hand.segment('a', 'RST,ACK', { call: abort.call, seqno: 4_000_001_001, ackno: 101 })
  hand.state('a', 'CLOSED', { cause: 'ABORT', snd: 'RST', call: abort.call })
  hand.state('b', 'CLOSED', { rcv: 'RST' })
  hand.seq++
  hand.ret(abort, 0)
  hand.wait(9)
  hand.ret(recv, -1, { errno: 'ECONNRESET' })
  hand.outcome('reset')
  return hand
}

export const long = (n: number): Hand => {
  const hand = new Hand('captured').open()
  for (let i = 0; i < n; i++) hand.wait(i % 7 === 0 ? 30_000 : 90).data(i % 3 ? 'a' : 'b', 100 + i, i % 5 === 0 ? 4_000 : 0)
  return hand
}

export const datagrams = (): Hand => {
  const hand = new Hand('kernel', 'dgram')
  const wait = hand.block(hand.call('b', 'recvfrom', { n: 2048 }), 'readable')
  for (const [i, lost] of [[0, true], [1, true], [2, false]] as const) {
    hand.wait(100_000 * 2 ** i)
    const send = hand.call('a', 'sendto', { len: 11, address: { family: 'inet', host: '127.0.0.1', port: 9999 } })
    hand.wait(6)
    hand.segment('a', '', { len: 11, offset: 0, call: send.call, fate: lost ? 'lost' : 'arrived' })
    hand.seq++
    hand.ret(send, 11)
  }
  hand.wait(20)
  hand.ret(wait, 11)
  hand.wait(10)
  hand.segment('b', '', { len: 11, offset: 0, fate: 'unknown' })
  hand.seq++
  return hand
}

/** A server with a thread per client: waits, paced calls, a thread at work, one that waits for input, one that ended. */
export const threads = (n: number): Hand => {
  const hand = new Hand('kernel')
  hand.calls.threads.clear()
  hand.connection.calls.length = 0
  const start = (thread: number, run: number, name: string) =>
    hand.calls.threads.set(thread, { thread, run, name, func: 'serve', seq: hand.seq++, t: hand.t, calls: [] })
  start(1, 1, 'main')
  start(2, 2, 'main')
  const accept = hand.block(hand.call('b', 'accept', {}), 'readable')
  hand.wait(40_000)
  const input = hand.block(hand.call('a', 'input', { prompt: '> ' }), 'input')
  for (let i = 0; i < n; i++) {
    const thread = 10 + i
    hand.wait(9_000)
    start(thread, 1, `client ${i + 1}`)
    for (let k = 0; k < 30; k++) hand.wait(60).ret(hand.wait(40).call('b', 'send', { len: 10 }, thread), 10)
    const paced = hand.block(hand.call('b', 'recv', { n: 1024 }, thread), 'slow')
    hand.wait(15_000).block(paced, 'readable')
    hand.wait(30_000)
    if (i % 3 !== 2) hand.ret(paced, 12)
    if (i % 3 === 1) {
      const model = hand.calls.threads.get(thread)!
      hand.wait(2_000)
      model.end = { seq: hand.seq++, t: hand.t }
    }
  }
  void accept
  void input
  hand.wait(20_000)
  return hand
}
