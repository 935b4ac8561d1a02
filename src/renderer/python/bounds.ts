/** How much an interpreter may hold: its memory and the files that it keeps there. Past that Python says so itself. */
import type { PyodideInterface } from 'pyodide'

/** WebAssembly memory of one interpreter, bytes; malloc() fails past it, which Python makes a MemoryError of. */
export const MAX_MEMORY = 1024 * 1024 * 1024
/** Contents of its files, bytes; write() past it fails with ENOSPC. */
export const MAX_FILES = 128 * 1024 * 1024

const WASM_PAGE = 65_536
/** emscripten's number of ENOSPC */
const ENOSPC = 51

/** Before the interpreter is made. */
export function boundMemory(): void {
  // found by its type: emscripten calls it on its own memory
  const own = WebAssembly.Memory.prototype.grow
  WebAssembly.Memory.prototype.grow = function grow(this: WebAssembly.Memory, pages: number): number {
    if (this.buffer.byteLength + pages * WASM_PAGE > MAX_MEMORY) throw new RangeError('the lab gives a Python program no more memory')
    return own.call(this, pages)
  }
}

interface MemoryFile { contents?: { length: number } }
interface MemoryFiles { expandFileStorage(file: MemoryFile, capacity: number): void }

/** Once it is there. */
export function boundFiles(py: PyodideInterface): void {
  const FS = py.FS as unknown as { filesystems: { MEMFS: MemoryFiles }; ErrnoError: new (errno: number) => Error }
  const { MEMFS } = FS.filesystems
  const own = MEMFS.expandFileStorage.bind(MEMFS)
  let held = 0
  // a file that is gone gives its room back
  const gone = new FinalizationRegistry<{ size: number }>((room) => { held -= room.size })
  const rooms = new WeakMap<MemoryFile, { size: number }>()
  MEMFS.expandFileStorage = (file, capacity) => {
    const before = file.contents?.length ?? 0
    if (capacity > before && held + capacity - before > MAX_FILES) throw new FS.ErrnoError(ENOSPC)
    own(file, capacity)
    let room = rooms.get(file)
    if (!room) {
      room = { size: 0 }
      rooms.set(file, room)
      gone.register(file, room)
    }
    const now = file.contents?.length ?? 0
    held += now - room.size
    room.size = now
  }
}
