/** Makes a socket of the interpreter's own C library the way between Python and us: see lab-module.ts. */
import type { PyodideInterface } from 'pyodide'

/** What emscripten's file system has of a socket, as far as it is used here. */
interface EmscriptenSocket { sock_ops: object }
interface Internals { _module: { SOCKFS: { getSocket(fd: number): EmscriptenSocket } } }

export interface Bell {
  /** send(): takes the bytes, which are Python's memory, before it returns */
  send(bytes: Uint8Array): void
  /** recv(n): suspends the calling stack until it has settled, and gives its bytes, n at most */
  recv(n: number): Promise<Uint8Array>
}

/** pyodide's libsyscall: a socket with `recvmsgAsync` is waited for by stack switching. emscripten's: send() is sendmsg(). */
export function ringBell(py: PyodideInterface, fd: number, bell: Bell): void {
  const socket = (py as unknown as Internals)._module.SOCKFS.getSocket(fd)
  const recvmsgAsync = (_socket: EmscriptenSocket, n: number): Promise<Uint8Array> => bell.recv(n)
  const sendmsg = (_socket: EmscriptenSocket, memory: Int8Array, offset: number, length: number): number => {
    bell.send(new Uint8Array(memory.buffer, memory.byteOffset + offset, length))
    return length
  }
  socket.sock_ops = { ...socket.sock_ops, recvmsgAsync, sendmsg }
}
