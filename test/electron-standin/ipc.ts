import { EventEmitter } from 'node:events'

/** ipcMain: the window's file emits what the page sends. */
export const ipcMain = new EventEmitter()
