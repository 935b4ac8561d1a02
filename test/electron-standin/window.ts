/** BrowserWindow, webContents and the frames that send messages, over one page of Chromium each. */
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import type { BrowserWindowConstructorOptions, HandlerDetails, WindowOpenHandlerResponse } from 'electron'
import type { Download, Frame, Page } from 'playwright-core'
import { app } from './app'
import { openBrowser, type StandinBrowser } from './browser'
import { report } from './control'
import { preventable } from './event'
import { ipcMain } from './ipc'
import { decode, encode } from './codec'
import { pageHalf, type Document, type FromPage, type PageHalf, type ToPage } from './page-script'
import { type MessagePortMain } from './ports'
import { fromBrowser, origin, startOrigin, toBrowser } from './protocol'
import { session } from './session'

const BINDING = '__standin_send'
const KEY = '__standin_half'
const PERMISSIONS = ['geolocation', 'notifications', 'camera', 'microphone', 'midi', 'clipboard-read', 'clipboard-write'] as const
/** DevTools' and the web's names for a permission are not Electron's. */
const ELECTRON_NAMES: Partial<Record<string, string>> = { camera: 'media', microphone: 'media', 'clipboard-write': 'clipboard-sanitized-write' }

let browser: StandinBrowser | undefined

/** One document's frame, as main sees a sender. */
export class WebFrameMain {
  readonly parent: WebFrameMain | null = null
  readonly #ports = new Map<number, MessagePortMain>()
  #nextPort = 1
  #gone = false
  /** one message at a time, in order */
  #line: Promise<void> = Promise.resolve()

  constructor(readonly page: Page, readonly document: Document, readonly url: string) {}

  isDestroyed(): boolean {
    return this.#gone
  }

  send(channel: string, ...args: unknown[]): void {
    this.#deliver({ type: 'ipc', channel, args: args.map(encode), ports: [] })
  }

  postMessage(channel: string, message: unknown, transfer: MessagePortMain[] = []): void {
    const ports = transfer.map((port) => {
      const id = this.#nextPort++
      const kept = port.other
      if (!kept) throw new Error('a port without another end cannot be sent')
      this.#ports.set(id, kept)
      kept.connect({
        post: (data) => this.#deliver({ type: 'port', port: id, data: encode(data) }),
        close: () => this.#deliver({ type: 'port-closed', port: id }),
      })
      kept.once('close', () => { this.#ports.delete(id); this.#count() })
      return id
    })
    this.#count()
    this.#deliver({ type: 'ipc', channel, args: [encode(message)], ports })
  }

  receive(message: FromPage): void {
    if (message.type === 'ipc') ipcMain.emit(message.channel, { senderFrame: this, ports: [] }, ...message.args.map(decode))
    else if (message.type === 'port') this.#ports.get(message.port)?.receive(decode(message.data))
    else this.#ports.get(message.port)?.closed()
  }

  /** The document is gone, and with it its ends of all ports. */
  destroy(): void {
    this.#gone = true
    for (const port of [...this.#ports.values()]) port.closed()
  }

  #count(): void {
    report({ type: 'engine-ports', open: this.#ports.size })
  }

  #deliver(message: ToPage): void {
    this.#line = this.#line.then(async () => {
      if (this.#gone) return
      await this.page.evaluate(([key, id, toPage]) => {
        const half = (window as unknown as Record<string, PageHalf | undefined>)[key]
        if (half?.id === id) half.receive(toPage)
      }, [KEY, this.document.id, message] as const)
    }).catch((error: unknown) => {
      // the page went away in between: so did whoever should have read this
      if (!this.#gone && !this.page.isClosed()) process.stderr.write(`stand-in: ${String(error)}\n`)
    })
  }
}

class WebContents extends EventEmitter {
  openHandler: ((details: HandlerDetails) => WindowOpenHandlerResponse) | undefined
  page: Page | undefined

  setWindowOpenHandler(handler: (details: HandlerDetails) => WindowOpenHandlerResponse): void {
    this.openHandler = handler
  }

  getURL(): string {
    return this.page ? fromBrowser(this.page.url()) : ''
  }
}

const windows: BrowserWindow[] = []

export class BrowserWindow extends EventEmitter {
  static getAllWindows(): BrowserWindow[] {
    return [...windows]
  }

  readonly webContents = new WebContents()
  #page: Page | undefined
  #frame: WebFrameMain | undefined
  #maximized = false
  #shown = false
  #closing = false

  constructor(readonly options: BrowserWindowConstructorOptions) {
    super()
    if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready')
    windows.push(this)
    app.emit('web-contents-created', preventable(), this.webContents)
  }

  async loadURL(url: string): Promise<void> {
    this.#page ??= await this.#open()
    await this.#page.goto(toBrowser(url))
    this.emit('ready-to-show')
    this.webContents.emit('did-finish-load')
  }

  show(): void {
    this.#shown = true
    this.#report()
  }
  focus(): void {
    this.emit('focus')
  }
  isMinimized(): boolean {
    return false
  }
  restore(): void {
    this.emit('restore')
  }
  maximize(): void {
    this.#maximized = true
  }
  isMaximized(): boolean {
    return this.#maximized
  }
  getNormalBounds(): { x: number; y: number; width: number; height: number } {
    const { x = 0, y = 0, width = 800, height = 600 } = this.options
    return { x, y, width, height }
  }

  close(): void {
    void this.requestClose()
  }

  /** As the person's click on the window's close: false when the app said no. */
  async requestClose(): Promise<boolean> {
    if (this.#closing) return true
    const event = preventable()
    this.emit('close', event)
    if (event.defaultPrevented) return false
    this.#closing = true
    this.#frame?.destroy()
    await this.#page?.close()
    windows.splice(windows.indexOf(this), 1)
    this.emit('closed')
    return true
  }

  async #open(): Promise<Page> {
    if (!browser) throw new Error('the browser is not there yet')
    const { context } = browser
    const page = context.pages().find((candidate) => candidate.url() === 'about:blank') ?? (await context.newPage())
    this.#page = page
    this.webContents.page = page
    await this.#installPreload(page)
    await this.#guardNavigation(page)
    this.#tellNavigation(page)
    page.on('popup', (popup) => void this.#popup(popup))
    page.on('download', (download) => this.#download(download))
    page.once('close', () => {
      if (this.#closing) return
      void this.requestClose().then(() => { if (windows.length === 0) app.emit('window-all-closed') })
    })
    await this.#setPermissions(page)
    this.#report()
    return page
  }

  #report(): void {
    const { x, y, width, height, webPreferences } = this.options
    report({ type: 'window', webPreferences: { ...webPreferences }, bounds: { x, y, width, height }, shown: this.#shown })
  }

  async #installPreload(page: Page): Promise<void> {
    const { preload, sandbox, contextIsolation, nodeIntegration } = this.options.webPreferences ?? {}
    if (!preload) throw new Error('the window has no preload')
    if (!sandbox || !contextIsolation || nodeIntegration) throw new Error('the stand-in has sandboxed, isolated windows only')
    await page.exposeBinding(BINDING, ({ frame }, message: FromPage) => this.#fromPage(page, frame, message))
    const source = readFileSync(preload, 'utf8')
    // tsx marks functions with __name, which the page does not have
    await page.addInitScript({ content: `{ const __name = (f) => f; (${pageHalf.toString()})(${JSON.stringify(BINDING)}, ${JSON.stringify(KEY)}, (require, module, exports) => {\n${source}\n}) }` })
  }

  #fromPage(page: Page, frame: Frame, message: FromPage): void {
    if (frame !== page.mainFrame()) return
    if (this.#frame && message.document.began < this.#frame.document.began) return
    if (this.#frame?.document.id !== message.document.id) {
      this.#frame?.destroy()
      this.#frame = new WebFrameMain(page, message.document, fromBrowser(frame.url()))
    }
    this.#frame.receive(message)
  }

  /** Electron tells when a document begins to be loaded. */
  #tellNavigation(page: Page): void {
    page.on('request', (request) => {
      if (!request.isNavigationRequest() || request.frame() !== page.mainFrame()) return
      this.webContents.emit('did-start-navigation', { url: request.url(), isMainFrame: true, isSameDocument: false })
    })
  }

  /** Electron asks before a page or a frame leaves for another address. */
  async #guardNavigation(page: Page): Promise<void> {
    await page.route((url) => url.origin !== origin(), async (route) => {
      const request = route.request()
      if (!request.isNavigationRequest()) return route.continue()
      const isMainFrame = request.frame() === page.mainFrame()
      const details = preventable({ url: request.url(), isMainFrame })
      this.webContents.emit('will-frame-navigate', details)
      if (isMainFrame) this.webContents.emit('will-navigate', details)
      report({ type: 'navigation', url: request.url(), prevented: details.defaultPrevented })
      // 204 leaves the page where it is, RFC 9110 section 15.3.5
      return details.defaultPrevented ? route.fulfill({ status: 204 }) : route.continue()
    })
  }

  async #popup(popup: Page): Promise<void> {
    const url = fromBrowser(popup.url())
    const details = { url, frameName: '', features: '', disposition: 'foreground-tab', referrer: { url: '', policy: 'no-referrer' } } as HandlerDetails
    const action = this.webContents.openHandler?.(details).action ?? 'allow'
    if (action === 'deny') await popup.close()
    report({ type: 'window-open', url, action })
  }

  #download(download: Download): void {
    let dialog: unknown
    const event = preventable()
    const item = {
      getURL: () => download.url().replace(`blob:${origin()}`, 'blob:app://lab'),
      getFilename: () => download.suggestedFilename(),
      setSaveDialogOptions: (options: unknown) => { dialog = options },
    }
    session.defaultSession.emit('will-download', event, item, this.webContents)
    if (event.defaultPrevented) void download.cancel()
    report({ type: 'download', url: item.getURL(), filename: item.getFilename(), prevented: event.defaultPrevented, dialog })
  }

  /** The session's handlers decide; Chromium is told their answers beforehand. */
  async #setPermissions(page: Page): Promise<void> {
    const { requestHandler, checkHandler } = session.defaultSession
    const devtools = await page.context().newCDPSession(page)
    this.webContents.getURL = () => 'app://lab/'
    for (const name of PERMISSIONS) {
      const permission = (ELECTRON_NAMES[name] ?? name) as never
      const checked = checkHandler?.(this.webContents as never, permission, 'app://lab', {} as never) ?? true
      const requested = await new Promise<boolean>((done) => {
        if (requestHandler) requestHandler(this.webContents as never, permission, done, {} as never)
        else done(true)
      })
      const granted = checked && requested
      report({ type: 'permission', permission: name, granted })
      await devtools.send('Browser.setPermission', {
        permission: { name }, setting: granted ? 'granted' : 'denied', origin: origin() })
    }
    this.webContents.getURL = WebContents.prototype.getURL
    await devtools.detach()
  }
}

app.closeWindows = async () => {
  for (const window of [...windows]) if (!(await window.requestClose())) return false
  return true
}
app.dispose = async () => { await browser?.dispose() }

/** Starts the browser; app is ready from then on. */
export async function startBrowser(): Promise<void> {
  await startOrigin()
  browser = await openBrowser()
  app.becomeReady()
  report({ type: 'ready', devtools: browser.devtools, origin: origin() })
}
