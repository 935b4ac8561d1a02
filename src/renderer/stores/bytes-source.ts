/** The byte store as views take it: by absolute offset, at once when it is here, else sent for. */
import { useLabStore } from './lab'

export function useByteStore(): (offset: number, len: number) => Uint8Array | Promise<Uint8Array | undefined> {
  const lab = useLabStore()
  return (offset, len) => lab.bytes.peek(offset, len) ?? lab.bytes.read(offset, len)
}
