/** The built desktop app: it starts, shows its page, and the page reaches the engine. Then how it ends and comes back. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { DesktopBridge } from '../../../src/shared/contract/host'
import { launchStandin, runToEnd, type Desktop, type DesktopOptions } from '../../electron-standin/launch'
import { askEngine } from './page'

let desktop: Desktop | undefined
const folders: string[] = []

async function launch(options?: DesktopOptions): Promise<Desktop> {
  desktop = await launchStandin(options)
  return desktop
}

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'socketscope-test-'))
  folders.push(folder)
  return folder
}

afterEach(async () => {
  await desktop?.stop()
  desktop = undefined
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 3 })
})

describe('the desktop app', () => {
  it('shows its page in a sandboxed, isolated window without Node', async () => {
    const { page, reported } = await launch()
    const { webPreferences } = await reported('window', ({ shown }) => shown)
    expect(webPreferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true, webviewTag: false })
    expect(await page.title()).toContain('Socketscope')
    await page.locator('#app > *').first().waitFor()
    expect(await page.evaluate(() => ['require', 'process', 'Buffer', 'module', 'ipcRenderer'].filter((name) => name in window))).toEqual([])
    expect(await page.evaluate(() => Object.keys((window as unknown as { socketscope: object }).socketscope).sort())).toEqual(['connect', 'onOpenFile'])
  })

  it('connects its page to the engine', async () => {
    const { page } = await launch()
    const answer = await askEngine(page, 'hello', {})
    expect(answer).toMatchObject({ ok: true, value: { platform: process.platform, scope: 'computer' } })
    expect(await askEngine(page, 'run.stop', { run: 'x' })).toMatchObject({ ok: false })
  })

  it('ends the client of a page that is reloaded, and serves the new one', async () => {
    const { page, reports, reported } = await launch()
    await reported('engine-ports', ({ open }) => open === 1)
    const before = reports.length
    await page.reload()
    await expect.poll(() => reports.slice(before).some((report) => report.type === 'engine-ports' && report.open === 0)).toBe(true)
    expect(await askEngine(page, 'hello', {})).toMatchObject({ ok: true })
  })

  it('obeys its own content policy: nothing that it loads is refused', async () => {
    const { page } = await launch()
    const refused: string[] = []
    page.on('console', (message) => { if (message.type() === 'error') refused.push(message.text()) })
    page.on('pageerror', (error) => refused.push(error.message))
    await page.reload({ waitUntil: 'networkidle' })
    await page.locator('#app > *').first().waitFor()
    expect(refused).toEqual([])
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends cleanly on %s', async (signal) => {
    const { page, stop, errors } = await launch()
    await askEngine(page, 'hello', {})
    expect(await stop(signal)).toBe(0)
    expect(errors()).toBe('')
  })

  it.skipIf(process.platform === 'darwin')('ends when its window is closed', async () => {
    const { command, exited } = await launch()
    await command({ type: 'close-window' }).catch(() => undefined) // it may be gone before it answers
    expect(await exited).toBe(0)
  })

  it('ends at once when another one runs already', async () => {
    expect(await runToEnd({ env: { STANDIN_FIRST: 'no' } })).toBe(0)
  })
})

describe('the window', () => {
  it('comes back where it was', async () => {
    const userData = await temporary()
    await writeFile(join(userData, 'window.json'), JSON.stringify({ x: 40, y: 50, width: 1100, height: 700, maximized: false }))
    const { reported, stop } = await launch({ userData })
    expect((await reported('window')).bounds).toEqual({ x: 40, y: 50, width: 1100, height: 700 })
    await stop()
    expect(JSON.parse(await readFile(join(userData, 'window.json'), 'utf8'))).toEqual({ x: 40, y: 50, width: 1100, height: 700, maximized: false })
  })

  it.each([
    ['on a screen that is gone', JSON.stringify({ x: 5000, y: 50, width: 1100, height: 700, maximized: false })],
    ['of a damaged file', '{"x":'],
    ['of a file with other things', '{"x":"1"}'],
  ])('takes its usual place instead of one %s', async (_what, text) => {
    const userData = await temporary()
    await writeFile(join(userData, 'window.json'), text)
    const { reported } = await launch({ userData })
    expect((await reported('window')).bounds).toEqual({ width: 1360, height: 860 })
  })
})

describe('a session file', () => {
  interface Opened { name: string; text: string; again: number }

  /**
   * Listens in a document of our own origin without the app, whose own listener would read the address first. Answers, once
   * it listens, a function that waits for the file and what fetch() reads at its address.
   */
  async function listen({ page, origin }: Desktop): Promise<() => Promise<Opened>> {
    await page.goto(`${origin}/icon.svg`)
    await page.evaluate(() => {
      const globals = window as unknown as { opened: Promise<Opened>; socketscope: DesktopBridge }
      globals.opened = new Promise((done) => globals.socketscope.onOpenFile((file) => {
        void fetch(file.url).then(async (first) => done({ name: file.name, text: await first.text(), again: (await fetch(file.url)).status }))
      }))
    })
    // messages keep their order: once main has answered this one, it knows that the page listens
    await askEngine(page, 'hello', {})
    return () => page.evaluate(() => (window as unknown as { opened: Promise<Opened> }).opened)
  }

  it('given to a second start is readable by the page, once', async () => {
    const folder = await temporary()
    const path = join(folder, 'a lesson.socketscope')
    await writeFile(path, 'the session')
    const opened = await listen(await launch())
    await desktop?.command({ type: 'second-instance', argv: ['electron', '--flag', path] })
    expect(await opened()).toEqual({ name: 'a lesson.socketscope', text: 'the session', again: 404 })
  })

  it('given on the command line is offered to the page once it listens', async () => {
    const folder = await temporary()
    await writeFile(join(folder, 'broken.socketscope'), 'not a session')
    const { page } = await launch({ args: [join(folder, 'broken.socketscope')] })
    // the app itself reads it, and says that it cannot
    await page.locator('.ui-toast.danger').waitFor()
  })

  it('opened while the page is being loaded anew waits until the new page listens', async () => {
    const folder = await temporary()
    const path = join(folder, 'late.socketscope')
    await writeFile(path, 'not a session')
    const { page, command } = await launch()
    await page.getByText('Engine connected').waitFor()
    // the old page is gone, the new one has not spoken yet
    let goOn = (): void => {}
    const held = new Promise<void>((resolve) => { goOn = resolve })
    const seen = new Promise<void>((resolve) => {
      void page.route('**/assets/*.js', async (route) => {
        resolve()
        await held
        await route.fallback()
      })
    })
    const reloaded = page.reload()
    await seen
    await command({ type: 'open-file', path })
    goOn()
    await reloaded
    await page.locator('.ui-toast.danger').waitFor()
  })

  it('must be one: other files and folders are not offered', async () => {
    const folder = await temporary()
    await writeFile(join(folder, 'notes.txt'), 'private')
    const { command } = await launch()
    if (!desktop) throw new Error('launched')
    const opened = await listen(desktop)
    await command({ type: 'second-instance', argv: ['electron', join(folder, 'notes.txt')] })
    await command({ type: 'second-instance', argv: ['electron', folder, join(folder, 'missing.socketscope')] })
    const path = join(folder, 'b.socketscope')
    await writeFile(path, 'b')
    await command({ type: 'open-file', path })
    expect((await opened()).name).toBe('b.socketscope')
  })
})
