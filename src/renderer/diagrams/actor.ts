/** Who acts at an end of a connection. */
import { printable } from '../../shared/bytes/printable'
import type { CallsState, ConnectionModel, Side } from '../../shared/projections/model'

/** The program and thread that last made a call on this side; undefined where it is no program of this lab. */
export function actorOf(connection: ConnectionModel, calls: CallsState, side: Side, cursor: number): string | undefined {
  for (let i = connection.calls.length - 1; i >= 0; i--) {
    const entry = connection.calls[i]!
    if (entry.side !== side || entry.seq > cursor) continue
    const call = calls.list[entry.index]
    const thread = call && calls.threads.get(call.thread)
    const run = call && calls.runs.get(call.run)
    return thread && printable(run ? `${run.file ?? run.program} · ${thread.name}` : thread.name)
  }
  return undefined
}
