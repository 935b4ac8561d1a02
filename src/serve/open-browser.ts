/** Opens the person's own browser. */
import { spawn } from 'node:child_process'

const OPENERS: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
  // rundll32 takes the address as it is; `start` would have cmd.exe read it
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
  darwin: ['open'],
}

/** Resolves with whether a browser was asked to open the address. */
export function openBrowser(url: string): Promise<boolean> {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open']
  return new Promise((done) => {
    const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
    child.once('error', () => done(false))
    // xdg-open ends at once with 3 or 4 where there is no browser; a program that stays has opened it
    const opened = setTimeout(() => done(true), 3000)
    opened.unref()
    child.once('exit', (code) => {
      clearTimeout(opened)
      done(code === 0)
    })
    child.unref()
  })
}
