/** Which version of a tool captures: shown to the person and written into saved files. */
import { execFile } from 'node:child_process'
import type { CaptureTool } from './capture-tool'

const LIMIT_MS = 5000

/** '4.99.3'; '' where the tool does not say. */
export function toolVersion(tool: CaptureTool): Promise<string> {
  return new Promise((resolve) => {
    // tcpdump answers --version with status 1 on some systems: what counts are the words
    execFile(tool.path, ['--version'], { timeout: LIMIT_MS, windowsHide: true }, (_, out, err) => {
      resolve(/(\d+\.\d+[\w.]*)/.exec(`${out}\n${err}`)?.[1] ?? '')
    })
  })
}
