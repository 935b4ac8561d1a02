/**
 * The fields of every event as data: the codec writes, reads and checks by this table alone. `satisfies` makes the
 * compiler refuse a table that lacks a field of events.ts or knows one that is not there.
 *
 * The order is the file format: append kinds, fields and words only at the end, and only optional fields.
 */
import type { BlockReason, MarkKind, SyscallName, TcpState, TraceEvent } from './events'

/** How a field is written: `uint` a safe integer >= 0, `plain` any Plain, the lists a word of the list. */
export type FieldType = 'uint' | 'number' | 'text' | 'flag' | 'plain' | 'record' | 'addr' | 'bytes' | 'texts' | readonly string[]

export const SYSCALLS = [
  'socket', 'bind', 'listen', 'accept', 'connect', 'send', 'recv', 'sendto', 'recvfrom', 'shutdown', 'close', 'abort',
  'getsockopt', 'setsockopt', 'getsockname', 'getpeername', 'poll', 'sleep', 'input',
  'dup', 'socketpair',
] as const satisfies readonly SyscallName[]

export const TCP_STATES = [
  'CLOSED', 'LISTEN', 'SYN_SENT', 'SYN_RCVD', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK',
  'TIME_WAIT',
] as const satisfies readonly TcpState[]

export const BLOCK_REASONS = ['readable', 'writable', 'timer', 'input', 'slow', 'step', 'permission'] as const satisfies readonly BlockReason[]

const MARKS = [
  'request', 'attempt', 'answer', 'late', 'repeated', 'give-up', 'done', 'drop', 'delay', 'duplicate', 'reorder', 'forward',
] as const satisfies readonly MarkKind[]

/** Fails to compile when a list misses a word of its union. */
type Complete<List extends readonly string[], Union extends string> = [Union] extends [List[number]] ? List : never
const complete = <Union extends string>() => <const List extends readonly string[]>(list: Complete<List, Union>): readonly string[] => list

const FACTS = {
  state: complete<TcpState>()(TCP_STATES),
} as const
const OPTIONAL_FACTS = {
  recvq: 'number', sendq: 'number', rtt: 'number', rttvar: 'number', cwnd: 'number', mss: 'number', retrans: 'number', backoff: 'number',
  segsOut: 'number', segsIn: 'number', dataSegsOut: 'number', dataSegsIn: 'number', bytesAcked: 'number', bytesReceived: 'number',
  sndbuf: 'number', rcvbuf: 'number',
} as const

type Kind = TraceEvent['k']
type EventOf<K extends Kind> = Extract<TraceEvent, { k: K }>
type OptionalKeys<E> = { [P in keyof E]-?: undefined extends E[P] ? P : never }[keyof E]
type Fields<E> = {
  required: Record<Exclude<keyof E, OptionalKeys<E> | 'k' | 'seq' | 't'>, FieldType>
  optional: Record<Extract<OptionalKeys<E>, string>, FieldType>
}

export const EVENT_FIELDS = {
  run: { required: { run: 'uint', program: 'text', params: 'record' }, optional: { file: 'text', source: 'text' } },
  'run-end': { required: { run: 'uint', status: ['ok', 'failed', 'stopped'] }, optional: { error: 'text' } },
  thread: { required: { run: 'uint', thread: 'uint', name: 'text', func: 'text' }, optional: {} },
  'thread-end': { required: { thread: 'uint' }, optional: { error: 'text' } },
  print: { required: { thread: 'uint', text: 'text' }, optional: { err: 'flag' } },
  call: {
    required: { call: 'uint', thread: 'uint', name: complete<SyscallName>()(SYSCALLS), args: 'record' },
    optional: { sock: 'uint', fd: 'number', line: 'uint', file: 'text' },
  },
  block: { required: { call: 'uint', why: complete<BlockReason>()(BLOCK_REASONS) }, optional: { local: 'addr' } },
  ret: {
    required: { call: 'uint', value: 'plain' },
    optional: { errno: 'text', data: 'bytes', sock: 'uint', fd: 'number', local: 'addr', remote: 'addr', size: 'uint', interface: 'uint', sock2: 'uint', fd2: 'number' },
  },
  sample: { required: { sock: 'uint', ...FACTS }, optional: OPTIONAL_FACTS },
  endpoint: {
    required: { local: 'addr', remote: 'addr', ...FACTS },
    optional: { ...OPTIONAL_FACTS, timer: ['retransmit', 'keepalive', 'timewait', 'probe'], expires: 'number' },
  },
  packet: {
    required: { proto: ['tcp', 'udp', 'icmp', 'other'], from: 'addr', to: 'addr', flags: 'texts', len: 'uint' },
    optional: {
      seqno: 'uint', ackno: 'uint', window: 'uint', data: 'bytes', at: 'uint', ns: 'uint', frame: 'bytes', link: 'uint', interface: 'text', options: 'record',
      urgent: 'uint', checksum: ['good', 'bad', 'offloaded', 'none'],
    },
  },
  gap: { required: { events: 'uint', bytes: 'uint', why: ['slow-ui', 'limit', 'truncated'] }, optional: {} },
  scope: { required: { scope: ['computer', 'lab'] }, optional: {} },
  'run-set': { required: { run: 'uint', params: 'record' }, optional: {} },
  mark: {
    required: { thread: 'uint', what: complete<MarkKind>()(MARKS) },
    optional: { call: 'uint', id: 'uint', n: 'uint', us: 'uint', ok: 'flag', from: ['client', 'server'] },
  },
  halt: {
    required: {
      thread: 'uint', file: 'text', line: 'uint', func: 'text', why: ['step', 'breakpoint', 'pause', 'exception', 'goes-on'], locals: 'plain',
    },
    optional: { text: 'text' },
  },
  capture: {
    required: { what: ['start', 'stop', 'left-out', 'file'] },
    optional: { interface: 'text', tool: 'text', packets: 'uint', bytes: 'uint', why: ['limit', 'kernel', 'damaged'], error: 'text' },
  },
} as const satisfies { [K in Kind]: Fields<EventOf<K>> }
