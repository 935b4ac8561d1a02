import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { preventable } from './event'

const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }

class App extends EventEmitter {
  #ready = false
  readonly #readiness: Promise<void>
  #becomeReady: () => void = () => undefined
  /** set by the window's file: closes them all; false when one refused */
  closeWindows: () => Promise<boolean> = () => Promise.resolve(true)
  /** ends the browser */
  dispose: () => Promise<void> = () => Promise.resolve()
  sandboxed = false

  constructor() {
    super()
    this.#readiness = new Promise((done) => { this.#becomeReady = done })
  }

  enableSandbox(): void {
    if (this.#ready) throw new Error('app.enableSandbox() can only be called before app is ready')
    this.sandboxed = true
  }

  requestSingleInstanceLock(): boolean {
    return process.env.STANDIN_FIRST !== 'no'
  }

  isReady(): boolean {
    return this.#ready
  }

  whenReady(): Promise<void> {
    return this.#readiness
  }

  becomeReady(): void {
    this.#ready = true
    this.#becomeReady()
    this.emit('ready')
  }

  getVersion(): string {
    return version
  }

  getLocale(): string {
    return process.env.STANDIN_LOCALE ?? 'en-US'
  }

  getPath(name: string): string {
    const folder = process.env.STANDIN_USER_DATA
    if (name !== 'userData' || !folder) throw new Error(`the stand-in has no path for ${name}`)
    return folder
  }

  /** Electron's order: before-quit, the windows' close, will-quit, quit; each of the first three may stop it. */
  quit(): void {
    void (async () => {
      const before = preventable()
      this.emit('before-quit', before)
      if (before.defaultPrevented || !(await this.closeWindows())) return
      const will = preventable()
      this.emit('will-quit', will)
      if (will.defaultPrevented) return
      this.emit('quit', {}, 0)
      this.exit(0)
    })()
  }

  exit(code = 0): void {
    void this.dispose().finally(() => process.exit(code))
  }
}

export const app = new App()
