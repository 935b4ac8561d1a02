/** The bridge between the page and the Electron host. No logic: names of channels, and nothing else. */
import { contextBridge, ipcRenderer } from 'electron'
import { ENGINE_PORT_CHANNEL, ENGINE_PORT_MESSAGE, OPEN_FILE_CHANNEL, type DesktopBridge, type OpenedFile } from '../shared/contract/host'

const bridge: DesktopBridge = {
  connect: () => ipcRenderer.send(ENGINE_PORT_CHANNEL),
  onOpenFile: (listener) => {
    ipcRenderer.on(OPEN_FILE_CHANNEL, (_event, file: OpenedFile) => listener(file))
    ipcRenderer.send(OPEN_FILE_CHANNEL)
  },
}

ipcRenderer.on(ENGINE_PORT_CHANNEL, (event) => window.postMessage(ENGINE_PORT_MESSAGE, location.origin, event.ports))
contextBridge.exposeInMainWorld('socketscope', bridge)
