/**
 * A stand-in for Electron: the part of its API that src/main and src/preload use, on Node and Chromium, typed against
 * Electron's own declarations. It lets the BUILT host run where Electron's runtime cannot be had. What differs: app://lab is
 * http://lab.localhost:PORT inside the browser, the preload shares the page's world, and there are no real dialogs or menus.
 */
import type * as Electron from 'electron'
import { app } from './app'
import { listenForCommands } from './commands'
import { Menu, screen } from './desktop'
import { ipcMain } from './ipc'
import { MessageChannelMain } from './ports'
import { protocol } from './protocol'
import { session } from './session'
import { BrowserWindow, startBrowser } from './window'

/** What the compiler checks: each part has the methods under Electron's own names and types. */
type Part<T, K extends keyof T> = Pick<T, K>

app satisfies Part<Electron.App, 'enableSandbox' | 'exit' | 'getLocale' | 'getPath' | 'getVersion' | 'isReady' | 'quit' | 'requestSingleInstanceLock' | 'whenReady'>
protocol satisfies Part<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle'>
screen satisfies { getAllDisplays(): Part<Electron.Display, 'workArea'>[] }
session.defaultSession satisfies Part<Electron.Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'>
BrowserWindow satisfies new (options: Electron.BrowserWindowConstructorOptions) => Part<
  Electron.BrowserWindow, 'focus' | 'getNormalBounds' | 'isMaximized' | 'isMinimized' | 'loadURL' | 'maximize' | 'restore' | 'show' | 'close'>

export { app, BrowserWindow, ipcMain, Menu, MessageChannelMain, protocol, screen, session }

listenForCommands()
startBrowser().catch((error: unknown) => {
  process.stderr.write(`stand-in: ${String(error)}\n`)
  app.exit(1)
})
