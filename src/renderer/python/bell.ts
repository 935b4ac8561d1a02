/** Makes a socket of the interpreter's own C library wait for our promises: see lab-module.ts. */
import type { PyodideInterface } from 'pyodide'

/** What emscripten's file system has of a socket, as far as it is used here. */
interface EmscriptenSocket { sock_ops: object }
interface Internals { _module: { SOCKFS: { getSocket(fd: number): EmscriptenSocket } } }

/**
 * recv(n) on `fd` suspends the calling stack until wait(n) has settled, and gives no bytes.
 * (pyodide's libsyscall: a socket with `recvmsgAsync` is waited for by stack switching.)
 */
export function ringBell(py: PyodideInterface, fd: number, wait: (n: number) => Promise<void>): void {
  const socket = (py as unknown as Internals)._module.SOCKFS.getSocket(fd)
  const none = new Uint8Array(0)
  const recvmsgAsync = async (_socket: EmscriptenSocket, n: number): Promise<Uint8Array> => {
    await wait(n)
    return none
  }
  socket.sock_ops = { ...socket.sock_ops, recvmsgAsync }
}
