/** The first bytes of what calls sent and received, fetched when a row shows them. */
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'
import { LITERAL_BYTES, type Preview } from '../../shared/calls/python-line'
import type { ByteRef } from '../../shared/trace/events'
import type { ByteSource, HoledBytes } from '../hex/bytes'

const KEPT = 4096

export interface Previews {
  version: Readonly<ShallowRef<number>>
  /** undefined: not here yet, or not kept */
  of(ref: ByteRef | undefined): Preview | undefined
}

export function usePreviews(store: () => ByteSource | undefined): Previews {
  const version = shallowRef(0)
  const known = new Map<string, Preview | 'asked' | 'gone'>()
  let disposed = false
  onScopeDispose(() => (disposed = true))

  function keep(key: string, ref: ByteRef, answer: Uint8Array | HoledBytes | undefined): Preview | undefined {
    const bytes = answer instanceof Uint8Array ? answer : answer?.holes.length === 0 ? answer.bytes : undefined
    const preview = bytes && { bytes: bytes.slice(0, LITERAL_BYTES), whole: bytes.length >= ref.len && ref.kept >= ref.len && ref.len <= LITERAL_BYTES }
    known.set(key, preview ?? 'gone')
    if (known.size > KEPT) known.delete(known.keys().next().value as string)
    return preview
  }

  return {
    version,
    of(ref) {
      if (!ref) return undefined
      if (ref.len === 0) return { bytes: new Uint8Array(), whole: true }
      const want = Math.min(LITERAL_BYTES, ref.kept)
      const read = store()
      if (!read || want === 0) return undefined
      const key = `${ref.at}+${want}/${ref.len}`
      const have = known.get(key)
      if (have !== undefined) return typeof have === 'string' ? undefined : have
      const answer = read(ref.at, want)
      if (!(answer instanceof Promise)) return answer === undefined ? undefined : keep(key, ref, answer)
      known.set(key, 'asked')
      answer.then((got) => keep(key, ref, got), (error: unknown) => {
        console.error('call log: reading bytes failed', error)
        known.set(key, 'gone')
      }).finally(() => {
        if (!disposed) version.value++
      })
      return undefined
    },
  }
}
