/**
 * The folder that the programs may read and write, and nothing else of the machine: one that the person chose, or the
 * page's private one, which the browser keeps.
 */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

/** Files listed: a folder may hold anything. */
const LISTED = 200
/** Largest file that is opened in the editor, bytes. */
const MAX_FILE = 2 * 1024 * 1024

/** lib.dom knows the handles, not yet the picker and the iteration. */
type Folder = FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemFileHandle | FileSystemDirectoryHandle> }
type Picker = (options: { mode: 'readwrite'; id: string }) => Promise<FileSystemDirectoryHandle>
const picker = (): Picker | undefined => (window as unknown as { showDirectoryPicker?: Picker }).showDirectoryPicker

export const useWorkspace = defineStore('python-workspace', () => {
  const handle = shallowRef<FileSystemDirectoryHandle>()
  const chosen = shallowRef(false)
  const files = shallowRef<string[]>([])
  /** entries past those listed */
  const more = shallowRef(0)
  const canChoose = computed(() => picker() !== undefined)
  const name = computed(() => (chosen.value ? handle.value?.name : undefined))

  /** The private folder. Without one (the browser refuses storage) programs get an empty folder that ends with the run. */
  async function open(): Promise<void> {
    if (handle.value || !('storage' in navigator)) return
    try {
      const root = await navigator.storage.getDirectory()
      handle.value = await root.getDirectoryHandle('workspace', { create: true })
    } catch (error) {
      if (!(error instanceof DOMException)) throw error
      handle.value = undefined
    }
    await refresh()
  }
  /** Asks the person for a folder; false where they did not want to. */
  async function choose(): Promise<boolean> {
    const pick = picker()
    if (!pick) return false
    try {
      handle.value = await pick({ mode: 'readwrite', id: 'socketscope' })
    } catch (error) {
      if (error instanceof DOMException && (error.name === 'AbortError' || error.name === 'NotAllowedError' || error.name === 'SecurityError')) return false
      throw error
    }
    chosen.value = true
    await refresh()
    return true
  }
  async function leave(): Promise<void> {
    handle.value = undefined
    chosen.value = false
    await open()
  }
  async function refresh(): Promise<void> {
    const found: string[] = []
    let others = 0
    if (handle.value) {
      try {
        for await (const entry of (handle.value as Folder).values()) {
          if (entry.kind === 'file' && found.length < LISTED) found.push(entry.name)
          else others++
        }
      } catch (error) {
        // the folder was taken away, or the right to it
        if (!(error instanceof DOMException)) throw error
      }
    }
    files.value = found.sort((a, b) => a.localeCompare(b))
    more.value = others
  }
  /** The text of a file; undefined where it cannot be read, or is no text of a program's size. */
  async function read(file: string): Promise<string | undefined> {
    try {
      const content = await (await handle.value?.getFileHandle(file))?.getFile()
      return content && content.size <= MAX_FILE ? await content.text() : undefined
    } catch (error) {
      if (error instanceof DOMException) return undefined
      throw error
    }
  }
  /** Whether it was written. */
  async function write(file: string, text: string): Promise<boolean> {
    try {
      const to = await (await handle.value?.getFileHandle(file, { create: true }))?.createWritable()
      if (!to) return false
      await to.write(text)
      await to.close()
    } catch (error) {
      if (error instanceof DOMException) return false
      throw error
    }
    await refresh()
    return true
  }
  return { handle, chosen, name, files, more, canChoose, open, choose, leave, refresh, read, write }
})
