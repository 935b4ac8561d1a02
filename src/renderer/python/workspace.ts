/**
 * The folder that the person chose, as the program's current directory. Its files are read before the program begins; what
 * the program writes, makes or removes is carried over, and nothing else: a file that somebody else puts there meanwhile is
 * left alone.
 */
import type { PyodideInterface } from 'pyodide'

/** Files that are read, and their bytes in all; a folder with more shows the program only so much of it. */
export const MAX_WORKSPACE_FILES = 2000
export const MAX_WORKSPACE_BYTES = 64 * 1024 * 1024
const UNREAD = new Set(['node_modules', '__pycache__', '.git', '.venv', 'venv'])

interface Known { folder: boolean; mtime: number; size: number }
interface Stat { mode: number; mtime: Date; size: number }

export class Workspace {
  /** what stands in the person's folder as far as we know, by path within it */
  private known = new Map<string, Known>()
  private writing: Promise<void> = Promise.resolve()

  private constructor(private readonly py: PyodideInterface, private readonly root: FileSystemDirectoryHandle, private readonly home: string) {}

  /** Reads the folder. `left`: how many of its files were too many or too large. */
  static async open(py: PyodideInterface, root: FileSystemDirectoryHandle, home: string): Promise<{ workspace: Workspace; left: number }> {
    const workspace = new Workspace(py, root, home)
    const room = { files: MAX_WORKSPACE_FILES, bytes: MAX_WORKSPACE_BYTES, left: 0 }
    await workspace.read(root, '', room)
    return { workspace, left: room.left }
  }

  /** Carries over what the program has changed; settles when it is written. Failures are for the caller to tell. */
  save(): Promise<void> {
    const saved = this.writing.then(() => this.write())
    this.writing = saved.catch(() => undefined)
    return saved
  }

  private async read(folder: FileSystemDirectoryHandle, path: string, room: { files: number; bytes: number; left: number }): Promise<void> {
    for await (const [name, handle] of (folder as unknown as { entries(): AsyncIterable<[string, FileSystemHandle]> }).entries()) {
      const at = path === '' ? name : `${path}/${name}`
      if (handle.kind === 'directory') {
        if (UNREAD.has(name)) continue
        this.py.FS.mkdirTree(`${this.home}/${at}`)
        this.known.set(at, { folder: true, mtime: 0, size: 0 })
        await this.read(handle as FileSystemDirectoryHandle, at, room)
        continue
      }
      const file = await (handle as FileSystemFileHandle).getFile()
      if (room.files < 1 || file.size > room.bytes) {
        room.left++
        continue
      }
      room.files--
      room.bytes -= file.size
      this.py.FS.writeFile(`${this.home}/${at}`, new Uint8Array(await file.arrayBuffer()))
      this.note(at)
    }
  }

  private note(at: string): void {
    const { mtime, size } = this.py.FS.stat(`${this.home}/${at}`) as Stat
    this.known.set(at, { folder: false, mtime: mtime.getTime(), size })
  }

  private async write(): Promise<void> {
    const seen = new Set<string>()
    const changed: string[] = []
    this.walk('', (at, { mtime, size }, folder) => {
      seen.add(at)
      const known = this.known.get(at)
      if (!known || known.folder !== folder || (!folder && (known.mtime !== mtime.getTime() || known.size !== size))) changed.push(at)
    })
    // what was there and is gone, the deepest first
    for (const at of [...this.known.keys()].filter((path) => !seen.has(path)).sort().reverse()) {
      this.known.delete(at)
      const { folder, name } = await this.parent(at)
      await folder.removeEntry(name).catch((e: unknown) => { if ((e as DOMException).name !== 'NotFoundError') throw e })
    }
    for (const at of changed) await this.carry(at)
  }

  private async carry(at: string): Promise<void> {
    const path = `${this.home}/${at}`
    const { folder, name } = await this.parent(at)
    if (this.py.FS.isDir((this.py.FS.stat(path) as Stat).mode)) {
      await folder.getDirectoryHandle(name, { create: true })
      this.known.set(at, { folder: true, mtime: 0, size: 0 })
      return
    }
    const contents = this.py.FS.readFile(path) as Uint8Array<ArrayBuffer>
    this.note(at)
    const writable = await (await folder.getFileHandle(name, { create: true })).createWritable()
    await writable.write(contents)
    await writable.close()
  }

  private async parent(at: string): Promise<{ folder: FileSystemDirectoryHandle; name: string }> {
    const parts = at.split('/')
    const name = parts.pop()!
    let folder = this.root
    for (const part of parts) folder = await folder.getDirectoryHandle(part, { create: true })
    return { folder, name }
  }

  private walk(path: string, visit: (at: string, stat: Stat, folder: boolean) => void): void {
    const { FS } = this.py
    for (const name of FS.readdir(`${this.home}/${path}`) as string[]) {
      if (name === '.' || name === '..' || UNREAD.has(name)) continue
      const at = path === '' ? name : `${path}/${name}`
      const stat = FS.lstat(`${this.home}/${at}`) as Stat
      const folder = FS.isDir(stat.mode) as boolean
      // a link has no counterpart in the person's folder
      if (!folder && !FS.isFile(stat.mode)) continue
      visit(at, stat, folder)
      if (folder) this.walk(at, visit)
    }
  }
}
