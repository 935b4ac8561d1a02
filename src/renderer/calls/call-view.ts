/** A call as it was known at the cursor, and what the log says of it. */
import { pythonException, pythonLine, pythonLines, pythonResult, type Preview } from '../../shared/calls/python-line'
import { printable } from '../../shared/bytes/printable'
import type { CallModel } from '../../shared/projections/model'
import type { SockId } from '../../shared/trace/events'
import { blockedTime, endAt, prefixLength, waitsAt } from '../diagrams/at'

/** The call without what became known after the cursor. */
export function callAt(call: CallModel, cursor: number): CallModel {
  const blocks = prefixLength(call.blocks, cursor)
  const end = endAt(call, cursor)
  if (end === call.end && blocks === call.blocks.length) return call
  const { end: _, ...rest } = call
  return { ...rest, blocks: call.blocks.slice(0, blocks), ...(end ? { end } : {}) }
}

/** Codes with which the lab itself answered: the kernel was not asked, or not to the end. */
const ANSWERED_BY_LAB = /^(?!E[A-Z0-9]+$)/

export interface CallFacts {
  lines: string[]
  line: string
  /** '' where Python gives None */
  result?: string
  errno?: string
  exception?: string
  /** what it waits for now */
  waiting?: CallModel['blocks'][number]['why']
  /** microseconds from call to return, and of these in a wait for the network, for time or for the person */
  took?: number
  blocked: number
  evidence?: 'kernel' | 'lab'
  /** the program ended without it: the lab closed the socket, as the kernel would */
  byExit: boolean
  /** made by the lab for the scope: what goes to a group stays on this computer */
  byScope: boolean
}

export function callFacts(
  call: CallModel,
  cursor: number,
  nameOf: (sock: SockId | undefined) => string,
  preview: Preview | undefined,
): CallFacts {
  const known = callAt(call, cursor)
  const errno = known.end?.errno
  const waits = waitsAt(call, cursor)
  const result = pythonResult(known, nameOf, preview)
  // the name of a socket that is made now is worth showing before it is made: take the whole call for the line
  return {
    lines: pythonLines(call, nameOf, preview),
    line: pythonLine(call, nameOf, preview),
    ...(result === undefined ? {} : { result }),
    ...(errno === undefined ? {} : { errno: printable(errno), exception: pythonException(errno) }),
    ...(known.end || waits.length === 0 ? {} : { waiting: waits.at(-1)?.why }),
    ...(known.end
      ? {
          took: known.end.t - call.t,
          evidence: errno !== undefined && ANSWERED_BY_LAB.test(errno) ? ('lab' as const) : ('kernel' as const),
        }
      : {}),
    blocked: blockedTime(call, cursor),
    byExit: call.args.by === 'exit',
    byScope: call.args.by === 'scope',
  }
}
