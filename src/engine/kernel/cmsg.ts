/** Control messages of sendmsg(2) and recvmsg(2), as Linux lays them out on the 64-bit machines that Node runs on (cmsg(3)). */

/** struct cmsghdr { size_t len; int level; int type }, and where its data begins */
export const CMSG_LEVEL = 8
export const CMSG_TYPE = 12
export const CMSG_DATA = 16

export interface ControlMessage {
  level: number
  type: number
  data: Uint8Array
}

/** CMSG_SPACE(): what a message takes with its padding, bytes */
export const cmsgSpace = (length: number): number => CMSG_DATA + ((length + 7) & ~7)

export function packControl(messages: readonly ControlMessage[]): Uint8Array {
  const out = new Uint8Array(messages.reduce((sum, { data }) => sum + cmsgSpace(data.length), 0))
  const view = new DataView(out.buffer)
  let at = 0
  for (const { level, type, data } of messages) {
    view.setBigUint64(at, BigInt(CMSG_DATA + data.length), true)
    view.setInt32(at + CMSG_LEVEL, level, true)
    view.setInt32(at + CMSG_TYPE, type, true)
    out.set(data, at + CMSG_DATA)
    at += cmsgSpace(data.length)
  }
  return out
}

/** The messages in what recvmsg() wrote; the last one may be cut short (MSG_CTRUNC). */
export function unpackControl(bytes: Uint8Array): ControlMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const messages: ControlMessage[] = []
  for (let at = 0; at + CMSG_DATA <= bytes.length; ) {
    const length = Number(view.getBigUint64(at, true))
    if (length < CMSG_DATA) break
    messages.push({
      level: view.getInt32(at + CMSG_LEVEL, true), type: view.getInt32(at + CMSG_TYPE, true), data: bytes.slice(at + CMSG_DATA, Math.min(at + length, bytes.length)),
    })
    at += cmsgSpace(length - CMSG_DATA)
  }
  return messages
}
