/** The one window: how it is made, and that it comes back where it was. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { app, BrowserWindow, screen, type Rectangle } from 'electron'
import * as v from 'valibot'
import { ORIGIN } from './origin'

const whole = v.pipe(v.number(), v.integer())
const stateSchema = v.object({ x: whole, y: whole, width: whole, height: whole, maximized: v.boolean() })
type WindowState = v.InferOutput<typeof stateSchema>

const SIZE = { width: 1360, height: 860 }
const MIN_SIZE = { minWidth: 900, minHeight: 600 }

const stateFile = (): string => join(app.getPath('userData'), 'window.json')

function readState(): WindowState | undefined {
  try {
    const state = v.safeParse(stateSchema, JSON.parse(readFileSync(stateFile(), 'utf8')))
    return state.success && isOnScreen(state.output) ? state.output : undefined
  } catch {
    return undefined // the first start, or a damaged file: the usual place will do
  }
}

/** A projector that is no longer plugged in must not hide the window. */
function isOnScreen(bounds: Rectangle): boolean {
  return screen.getAllDisplays().some(({ workArea }) =>
    bounds.x + bounds.width > workArea.x + 80 && bounds.x < workArea.x + workArea.width - 80
    && bounds.y >= workArea.y - 20 && bounds.y < workArea.y + workArea.height - 80)
}

function saveState(window: BrowserWindow): void {
  const state: WindowState = { ...window.getNormalBounds(), maximized: window.isMaximized() }
  try {
    writeFileSync(stateFile(), JSON.stringify(state))
  } catch (error) {
    process.stderr.write(`socketscope: the window's place was not saved: ${String(error)}\n`)
  }
}

export function createWindow(preload: string): BrowserWindow {
  const state = readState()
  const window = new BrowserWindow({
    ...SIZE,
    ...MIN_SIZE,
    ...(state && { x: state.x, y: state.y, width: state.width, height: state.height }),
    title: 'Socketscope',
    show: false,
    autoHideMenuBar: true,
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
    },
  })
  if (state?.maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () => saveState(window))
  void window.loadURL(`${ORIGIN}/`)
  return window
}
