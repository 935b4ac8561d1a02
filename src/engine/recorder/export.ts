/** The live session as a file in memory: for saving where autosave is off or the disk refused. */
import { FrameWriter } from '../../shared/trace/session-file'
import { checksum } from './checksum'
import type { Recorder } from './recorder'

export function exportSession(recorder: Recorder): Uint8Array {
  recorder.flush()
  const { bytes, store, header } = recorder
  const writer = new FrameWriter(checksum)
  const parts = writer.begin(header)
  for (let at = bytes.start; at < bytes.end;) {
    const piece = bytes.read(at, 1024 * 1024)
    parts.push(...writer.bytes(at, piece))
    at += piece.length
  }
  let events = 0
  let lastT = 0
  for (const chunk of store.from(0)) {
    parts.push(...writer.events(chunk))
    events += chunk.count
    lastT = chunk.lastT
  }
  parts.push(...writer.end(events, lastT))
  return new Uint8Array(Buffer.concat(parts))
}
