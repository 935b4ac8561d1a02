/** The Electron host: window, security and the engine's port. Everything else is the page's or the engine's. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app, BrowserWindow, ipcMain, protocol, session, type WebFrameMain } from 'electron'
import { EngineHost } from '../engine/host/engine-host'
import { resourcesDir, userDataDir } from '../engine/host/paths'
import { OPEN_FILE_CHANNEL } from '../shared/contract/host'
import { appScheme } from './app-scheme'
import { offerEngine } from './engine-port'
import { lockContents, lockSession } from './lockdown'
import { setMenu } from './menu'
import { OpenedFiles, sessionFileIn } from './opened-files'
import { isTrusted, SCHEME } from './origin'
import { createWindow } from './window'

const opened = new OpenedFiles()
/** Files that came before the page was ready for them. */
const waiting: string[] = []
/** The page's frame, once it has said that it takes files. */
let reader: WebFrameMain | undefined

function openFile(path: string): void {
  if (reader && !reader.isDestroyed()) reader.send(OPEN_FILE_CHANNEL, opened.offer(path))
  else waiting.push(path)
  show()
}

/** Brings the window to the front; makes it again where the person closed it (macOS). */
function show(): void {
  if (!app.isReady()) return
  const [window] = BrowserWindow.getAllWindows()
  if (!window) {
    createWindow(join(import.meta.dirname, '../preload/index.cjs'))
    return
  }
  if (window.isMinimized()) window.restore()
  window.focus()
}

function start(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ])
  app.enableSandbox()
  lockContents(app)

  const dataDir = userDataDir()
  mkdirSync(dataDir, { recursive: true })
  const engine = new EngineHost(
    join(import.meta.dirname, 'engine.js'),
    { dataDir, resourcesDir: resourcesDir(import.meta.url), version: app.getVersion() },
    (line) => process.stderr.write(`socketscope: ${line}\n`),
  )

  const fileArgument = sessionFileIn(process.argv)
  if (fileArgument) waiting.push(fileArgument)
  app.on('open-file', (event, path) => {
    event.preventDefault()
    openFile(path)
  })
  app.on('second-instance', (_event, argv) => {
    const path = sessionFileIn(argv)
    if (path) openFile(path)
    else show()
  })
  // a page that is being loaded anew takes no files until it says so again
  app.on('web-contents-created', (_event, contents) => {
    contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => { if (isMainFrame && !isSameDocument) reader = undefined })
  })
  ipcMain.on(OPEN_FILE_CHANNEL, (event) => {
    if (!isTrusted(event.senderFrame)) return
    reader = event.senderFrame
    for (const path of waiting.splice(0)) openFile(path)
  })

  app.on('activate', show)
  app.on('window-all-closed', () => { if (process.platform !== 'darwin') app.quit() })
  let ended = false
  app.on('will-quit', (event) => {
    if (ended) return
    event.preventDefault()
    void engine.shutdown().then(() => {
      ended = true
      app.quit()
    })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit())

  void app.whenReady().then(() => {
    lockSession(session.defaultSession)
    protocol.handle(SCHEME, appScheme(join(import.meta.dirname, '../renderer'), opened))
    offerEngine(() => engine.connect())
    setMenu()
    show()
  })
}

// a second start hands its file to the first and ends
if (app.requestSingleInstanceLock()) start()
else app.quit()
