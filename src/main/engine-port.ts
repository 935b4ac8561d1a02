/**
 * Gives the page its port to the engine. A page's port (Electron's MessagePortMain) and a worker thread's port (Node's
 * MessagePort) are of two kinds that cannot be joined, so main passes the messages on, unread.
 */
import type { MessagePort } from 'node:worker_threads'
import { ipcMain, MessageChannelMain, type MessagePortMain } from 'electron'
import { ENGINE_PORT_CHANNEL } from '../shared/contract/host'
import { isTrusted } from './origin'

/** The page sees the close of its port when the engine dies, and asks for another. */
function relay(page: MessagePortMain, engine: MessagePort): void {
  page.on('message', (event) => engine.postMessage(event.data))
  page.on('close', () => engine.close())
  engine.on('message', (message) => page.postMessage(message))
  engine.on('close', () => page.close())
  page.start()
}

export function offerEngine(connect: () => MessagePort): void {
  ipcMain.on(ENGINE_PORT_CHANNEL, (event) => {
    if (!isTrusted(event.senderFrame)) return
    const { port1, port2 } = new MessageChannelMain()
    relay(port1, connect())
    event.senderFrame.postMessage(ENGINE_PORT_CHANNEL, null, [port2])
  })
}
