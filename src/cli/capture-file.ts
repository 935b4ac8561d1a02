/** The packets of a run as a pcapng file. */
import { open, type FileHandle } from 'node:fs/promises'
import type { Engine } from '../engine/engine'
import { writeCapture } from '../engine/observe/capture-save'
import { UsageError } from './args'

export class CaptureFile {
  private constructor(private readonly path: string, private readonly file: FileHandle) {}

  /** Begins the file anew. Throws a UsageError where it cannot. */
  static async create(path: string): Promise<CaptureFile> {
    try {
      return new CaptureFile(path, await open(path, 'w'))
    } catch (error) {
      throw new UsageError(`--capture: cannot write '${path}': ${(error as NodeJS.ErrnoException).code}`)
    }
  }

  /** Captures from now on: of the network that the run may reach. Throws an Error that says why it cannot. */
  async begin(engine: Engine): Promise<void> {
    // "any" is Linux's own; elsewhere one interface must be chosen, and loopback is what every lab uses
    const wide = engine.scope === 'lab' && process.platform === 'linux' ? { interface: 'any' } : {}
    const started = await engine.captures.start(wide)
    if (started.ok) return
    await this.file.close()
    throw new Error(`--capture: ${started.error.message}`)
  }

  /** Writes what was captured. The answer says why the file is not complete, where it is not. */
  async finish(engine: Engine): Promise<Error | undefined> {
    try {
      await engine.captures.stop()
      await writeCapture(engine.recorder, `Socketscope ${engine.version}`, async (bytes) => {
        for (let at = 0; at < bytes.length;) at += (await this.file.write(bytes, at)).bytesWritten
      })
      return undefined
    } catch (error) {
      return new Error(`the capture file '${this.path}' is not complete: ${(error as Error).message}`)
    } finally {
      await this.file.close()
    }
  }
}
