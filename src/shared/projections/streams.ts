/** The two byte streams of a connection: what each send() put in and each recv() took out. */
import type { CallModel, ConnectionModel, Side } from './model'

/** send() took bytes of the stream that `side` sends. Answers how many. */
export function addSend(connection: ConnectionModel, side: Side, call: CallModel): number {
  const end = call.end!
  const len = end.data?.len ?? (typeof end.value === 'number' ? end.value : 0)
  const { sends } = connection.streams[side]
  const last = sends[sends.length - 1]
  sends.push({
    seq: end.seq, t: end.t, call: call.call, offset: last ? last.offset + last.len : 0, len, asked: lengthArg(call) ?? len, data: end.data,
  })
  return len
}

/**
 * recv() gave bytes of the stream that the other side sends; undefined for a peek, which takes none. An entry with
 * len 0 is the end of the stream.
 */
export function addRecv(connection: ConnectionModel, side: Side, call: CallModel): { len: number; asked: number } | undefined {
  if (isPeek(call)) return undefined
  const end = call.end!
  const len = end.data?.len ?? (typeof end.value === 'number' ? end.value : 0)
  const asked = lengthArg(call) ?? len
  const { recvs } = connection.streams[side === 'a' ? 'b' : 'a']
  const last = recvs[recvs.length - 1]
  recvs.push({ seq: end.seq, t: end.t, call: call.call, offset: last ? last.offset + last.len : 0, len, asked, data: end.data })
  return { len, asked }
}

function lengthArg(call: CallModel): number | undefined {
  for (const key in call.args) {
    const value = call.args[key]
    if (typeof value === 'number' && key !== 'flags') return value
  }
  return undefined
}

function isPeek(call: CallModel): boolean {
  const { flags, peek } = call.args
  if (peek === true) return true
  return typeof flags === 'string' ? flags.includes('PEEK') : Array.isArray(flags) && flags.some((f) => typeof f === 'string' && f.includes('PEEK'))
}
