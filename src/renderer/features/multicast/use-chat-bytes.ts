/** The bytes of messages, fetched when a row shows them: each datagram is asked for once. */
import { shallowRef } from 'vue'
import type { ByteRef } from '../../../shared/trace/events'
import { useLabStore } from '../../stores/lab'
import { ROW_BYTES, WHOLE_BYTES } from './chat-text'

const version = shallowRef(0)
// by the reference itself: another session has other ones, with the same offsets
const known = new WeakMap<ByteRef, { asked: number; bytes?: Uint8Array }>()

export function useChatBytes() {
  const lab = useLabStore()
  /** The first bytes of the datagram, as many as a row shows; undefined: not here yet, or not kept. Read it with `version`. */
  function bytesOf(ref: ByteRef, whole: boolean): Uint8Array | undefined {
    const most = Math.min(ref.kept, whole ? WHOLE_BYTES : ROW_BYTES)
    const have = known.get(ref)
    if (have && have.asked >= most) return have.bytes?.subarray(0, most)
    const entry = { asked: most, bytes: have?.bytes }
    known.set(ref, entry)
    void lab.bytes.read(ref.at, most).then((bytes) => {
      if (bytes.length === most) entry.bytes = bytes
      version.value++
    })
    return have?.bytes
  }
  return { version, bytesOf }
}
