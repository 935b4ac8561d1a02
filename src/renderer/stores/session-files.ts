/** Session files in and out, piece by piece, so that a file of any size fits. */
import { MAX_UPLOAD_PIECE, type SessionInfo } from '../../shared/contract/contract'
import { fail, ok, type LabError, type Result } from '../../shared/result'
import type { useLabStore } from './lab'

type Request = ReturnType<typeof useLabStore>['request']

/** 'socketscope-2026-01-31T09-15-00.socketscope' */
export const fileName = (session: SessionInfo): string => `socketscope-${session.startedAt.slice(0, 19).replaceAll(':', '-')}.socketscope`

/** 'socketscope-2026-01-31T09-15-00.pcapng' */
export const captureName = (session: SessionInfo): string => fileName(session).replace(/\.socketscope$/, '.pcapng')

/** Reads the session's file from the engine and hands it to the browser as a download. */
export const download = (request: Request, session: SessionInfo): Promise<LabError | undefined> =>
  save((offset, len) => request('session.read', { session: session.session, offset, len }), fileName(session))

/** The session's captured packets as a file that other tools open. */
export const downloadCapture = (request: Request, session: SessionInfo): Promise<LabError | undefined> =>
  save((offset, len) => request('capture.save', { session: session.session, offset, len }), captureName(session))

async function save(read: (offset: number, len: number) => Promise<Result<{ size: number; bytes: Uint8Array }>>, name: string): Promise<LabError | undefined> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for (let offset = 0; ;) {
    const answer = await read(offset, MAX_UPLOAD_PIECE)
    if (!answer.ok) return answer.error
    pieces.push(new Uint8Array(answer.value.bytes))
    offset += answer.value.bytes.length
    if (answer.value.bytes.length === 0 || offset >= answer.value.size) break
  }
  const url = URL.createObjectURL(new Blob(pieces, { type: 'application/octet-stream' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // the download holds the blob by itself once it has begun
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
  return undefined
}

/** Gives a file to the engine; answers the session that it opened from it. `taken` hears how many bytes are there. */
export async function upload(request: Request, file: Blob, taken?: (bytes: number) => void): Promise<Result<SessionInfo>> {
  const id = crypto.randomUUID()
  for (let offset = 0; ; offset += MAX_UPLOAD_PIECE) {
    const bytes = new Uint8Array(await file.slice(offset, offset + MAX_UPLOAD_PIECE).arrayBuffer())
    const last = offset + bytes.length >= file.size
    const answer = await request('session.upload', { upload: id, offset, bytes, last })
    if (!answer.ok) return answer
    taken?.(offset + bytes.length)
    if (last) return answer.value ? ok(answer.value) : fail({ code: 'INTERNAL', message: 'the engine opened no session from the file' })
  }
}
