/** Does what the test asks for, as a person or the system would do it. */
import { app } from './app'
import { report, type Command } from './control'
import { preventable } from './event'
import { ipcMain } from './ipc'
import { ask } from './protocol'
import { BrowserWindow } from './window'

async function perform(command: Command): Promise<unknown> {
  switch (command.type) {
    case 'ipc': {
      const answers: string[] = []
      const senderFrame = command.url === null ? null : {
        url: command.url,
        parent: command.child ? {} : null,
        isDestroyed: () => false,
        send: (channel: string) => answers.push(channel),
        postMessage: (channel: string) => answers.push(channel),
      }
      ipcMain.emit(command.channel, { senderFrame, ports: [] })
      return answers
    }
    case 'second-instance':
      return void app.emit('second-instance', preventable(), command.argv, process.cwd())
    case 'open-file':
      return void app.emit('open-file', preventable(), command.path)
    case 'request': {
      const response = await ask(command.url, command.method)
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
    }
    case 'attach-webview': {
      const event = preventable()
      BrowserWindow.getAllWindows()[0]?.webContents.emit('will-attach-webview', event, {}, {})
      return { prevented: event.defaultPrevented }
    }
    case 'close-window': {
      const closed = await BrowserWindow.getAllWindows()[0]?.requestClose()
      if (closed && BrowserWindow.getAllWindows().length === 0) app.emit('window-all-closed')
      return closed
    }
    default:
      return command satisfies never
  }
}

export function listenForCommands(): void {
  process.on('message', ({ command, ...rest }: Command & { command: number }) => {
    perform(rest as Command).then(
      (value) => report({ type: 'done', command, value }),
      (error: unknown) => report({ type: 'done', command, value: { error: String(error) } }))
  })
  // the test is gone: so are we
  process.on('disconnect', () => app.exit(1))
}
