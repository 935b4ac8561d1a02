/** What a list shows of a stored session, found without reading its content: only the heads of its frames. */
import { open } from 'node:fs/promises'
import type { SessionInfo } from '../../shared/contract/contract'
import { FRAME, FRAME_HEAD, MAGIC_BYTES, SessionReader, frameHead } from '../../shared/trace/session-file'
import { checksum } from './checksum'

/** A head and the fixed part of an events frame. */
const LOOK = FRAME_HEAD + 28
const HEADER_MAX = 64 * 1024 + 64

/** undefined: no session file, or none that has a whole head. */
export async function summarize(path: string, session: string): Promise<SessionInfo | undefined> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const begin = new Uint8Array(Math.min(size, HEADER_MAX))
    await file.read(begin, 0, begin.length, 0)
    const header = new SessionReader(checksum).push(begin)[0]
    if (header?.type !== 'header') return undefined
    let events = 0
    let duration = 0
    let ended = false
    const look = Buffer.alloc(LOOK)
    for (let at = MAGIC_BYTES; !ended;) {
      const { bytesRead } = await file.read(look, 0, LOOK, at)
      const head = bytesRead >= FRAME_HEAD ? frameHead(look) : undefined
      if (!head || at + FRAME_HEAD + head.length > size) break
      if (head.type === FRAME.events) {
        duration = Number(look.readBigUInt64LE(FRAME_HEAD + 16))
        events += look.readUInt32LE(FRAME_HEAD + 24)
      }
      ended = head.type === FRAME.end
      at += FRAME_HEAD + head.length
    }
    return { session, live: false, startedAt: header.header.startedAt, events, size, duration, ...(ended ? {} : { truncated: true }) }
  } finally {
    await file.close()
  }
}
