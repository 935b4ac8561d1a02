/** CPython in this worker: loaded from the page's own files, with our modules, and then shut off from everything else. */
import type { loadPyodide, PyodideInterface } from 'pyodide'
import { boundFiles, boundMemory } from './bounds'
import { shutOff } from './shut-off'

/** Where our modules (resources/python) stand for Python: before the standard library, so that theirs (socket's _socket, select ...) are ours. */
export const LAB_PATH = '/lib/lab'
/** The program's current directory. */
export const HOME = '/home/lab'

export interface LoadOptions {
  /** compiled once by the page for all workers */
  wasm: WebAssembly.Module
  /** our modules' texts by their paths */
  modules: Record<string, string>
  /** the folder of pyodide's files, on the page's own origin */
  base: string
  /** what reaches the console in no other way: the interpreter's own last words */
  onText(text: string): void
}

export async function loadInterpreter({ wasm, modules, base, onText }: LoadOptions): Promise<PyodideInterface> {
  boundMemory()
  // pyodide instantiates from a stream; ours is compiled already
  WebAssembly.instantiateStreaming = async (source: Response | PromiseLike<Response>, imports?: WebAssembly.Imports) => {
    void Promise.resolve(source).then((response) => response.body?.cancel())
    return { module: wasm, instance: await WebAssembly.instantiate(wasm, imports) }
  }
  const module = (await import(/* @vite-ignore */ `${base}pyodide.mjs`)) as { loadPyodide: typeof loadPyodide; version: string }
  const py = await module.loadPyodide({
    indexURL: base,
    jsglobals: Object.create(null) as object,
    lockFileContents: { info: { abi_version: '2026_0', arch: 'wasm32', platform: 'emscripten', python: '3.14.0', version: module.version }, packages: {} } as never,
    packageBaseUrl: base,
    env: { HOME, PYTHONINSPECT: '', PYTHONDONTWRITEBYTECODE: '1', LANG: 'C.UTF-8' },
    stdin: () => null,
    stdout: onText,
    stderr: onText,
  })
  for (const [path, text] of Object.entries(modules)) {
    const to = `${LAB_PATH}/${path}`
    py.FS.mkdirTree(to.slice(0, to.lastIndexOf('/')))
    py.FS.writeFile(to, text)
  }
  boundFiles(py)
  shutOff()
  return py
}
