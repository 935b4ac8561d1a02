/** What a page may not do in the desktop app: leave, open windows, embed others, ask for devices, download what it likes. */
import { extname } from 'node:path'
import type { App, Session, WebContents } from 'electron'
import { isOurs, ORIGIN } from './origin'
import { SESSION_EXTENSION } from './opened-files'

/** Copying an address, and the projector's full screen. */
const PERMISSIONS = new Set(['clipboard-sanitized-write', 'fullscreen'])
/** What our own page makes for the person to keep. */
const DOWNLOADS = new Set([SESSION_EXTENSION, '.ndjson', '.json', '.csv', '.txt', '.bin', '.html', '.png', '.svg', '.py', '.pcapng'])

export function lockContents(app: App): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
    contents.on('will-navigate', (event) => { if (!isOurs(event.url)) event.preventDefault() })
    contents.on('will-frame-navigate', (event) => { if (!isOurs(event.url)) event.preventDefault() })
    contents.on('will-redirect', (event) => { if (!isOurs(event.url)) event.preventDefault() })
    contents.on('will-attach-webview', (event) => event.preventDefault())
  })
}

export function lockSession(session: Session): void {
  const allowed = (contents: WebContents | null, permission: string): boolean =>
    PERMISSIONS.has(permission) && contents !== null && isOurs(contents.getURL())
  session.setPermissionRequestHandler((contents, permission, answer) => answer(allowed(contents, permission)))
  session.setPermissionCheckHandler((contents, permission) => allowed(contents, permission))
  session.setDevicePermissionHandler(() => false)

  session.on('will-download', (event, item) => {
    const extension = extname(item.getFilename()).toLowerCase()
    if (!item.getURL().startsWith(`blob:${ORIGIN}/`) || !DOWNLOADS.has(extension)) return event.preventDefault()
    // the system's own save dialog: no file is ever written where the person did not say
    item.setSaveDialogOptions({ defaultPath: item.getFilename(), filters: [{ name: extension.slice(1), extensions: [extension.slice(1)] }] })
  })
}
