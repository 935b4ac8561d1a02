/** A student's files: dropped on the page, saved, and the folder that a program may read and write, and nothing else. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, CDPSession } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { launchChromium } from '../lib/chromium'
import { openPython, runPython, toTab, write, type PythonPage } from '../lib/python'

let browser: Browser
let lab: PythonPage
let folder: string
beforeAll(async () => { browser = await launchChromium() })
afterAll(() => browser.close())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'socketscope-files-'))
  lab = await openPython(browser)
})
afterEach(async () => {
  await lab.leave()
  await rm(folder, { recursive: true })
})

const text = (): Promise<string> => lab.editor.evaluate((el) => [...el.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n'))
const tab = (name: string) => lab.page.getByRole('tab', { name: new RegExp(`^${name}`) })
const file = async (item: RegExp | string) => {
  await lab.page.getByRole('button', { name: 'File', exact: true }).click()
  await lab.page.getByRole('menuitem', { name: item }).click()
}

/** Files of the machine, dragged into the window and let go over the middle of something. */
async function drop(cdp: CDPSession, on: { boundingBox(): Promise<{ x: number; y: number; width: number; height: number } | null> }, files: string[], hold?: () => Promise<void>): Promise<void> {
  const { x, y, width, height } = (await on.boundingBox())!
  const at = { x: x + width / 2, y: y + height / 2, data: { items: [], files, dragOperationsMask: 1 } }
  for (const type of ['dragEnter', 'dragOver'] as const) await cdp.send('Input.dispatchDragEvent', { type, ...at })
  await hold?.()
  await cdp.send('Input.dispatchDragEvent', { type: 'drop', ...at })
}

it('opens what is dropped on it, wherever on the page, and says what is no program', async () => {
  const { page, context } = lab
  const cdp = await context.newCDPSession(page)
  const [one, two, none] = ['first.py', 'second.py', 'picture.png'].map((name) => join(folder, name)) as [string, string, string]
  await writeFile(one, "print('first')\r\n")
  await writeFile(two, "print('second')\n")
  await writeFile(none, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0]))
  await expect.poll(text).not.toBe('')
  const before = await text()
  await drop(cdp, lab.editor, [one], () => page.getByText('Drop a .py file to open it').waitFor())
  await tab('first.py').and(page.locator('[aria-selected=true]')).waitFor()
  await expect.poll(text).toBe("print('first')\n")
  await expect.poll(() => page.getByText('Drop a .py file to open it').count()).toBe(0)
  // the program over which it was dropped is as it was
  await toTab(lab, 'server.py')
  await expect.poll(text).toBe(before)
  await drop(cdp, lab.console, [two, none])
  await tab('second.py').waitFor()
  // from its first word on: what is read out to who does not see it begins with the list's name
  await page.getByText(/^picture\.png could not be opened/).waitFor()
  expect(await tab('picture').count()).toBe(0)
  // beside the page, on the app's own frame, it must not replace the app
  await drop(cdp, page.getByRole('contentinfo'), [one])
  await page.getByText('Engine connected').waitFor()
  expect(page.url()).toContain('#/python')
})

it('saves a program as a download, to the private folder by Ctrl-S, and no longer calls it unsaved', async () => {
  const { page } = lab
  await write(lab.editor, "print('mine')\n# ナイス\n")
  await tab('server.py').getByText('not saved').waitFor()
  const [saved] = await Promise.all([page.waitForEvent('download'), file('Download')])
  expect(saved.suggestedFilename()).toBe('server.py')
  const path = join(folder, 'server.py')
  await saved.saveAs(path)
  expect(await readFile(path, 'utf8')).toBe("print('mine')\n# ナイス\n")
  await expect.poll(() => tab('server.py').getByText('not saved').count()).toBe(0)

  await write(lab.editor, "print('kept')\n")
  await tab('server.py').getByText('not saved').waitFor()
  await page.keyboard.press('Control+s')
  await page.getByText(/^server\.py is saved/).waitFor()
  await expect.poll(() => tab('server.py').getByText('not saved').count()).toBe(0)
  await page.getByRole('button', { name: 'Close server.py' }).click()
  await expect.poll(() => tab('server.py').count()).toBe(0)
  await file('server.py')
  await tab('server.py').waitFor()
  await expect.poll(text).toBe("print('kept')\n")
})

/** The folder that the system's picker would give: no script can click there, so it is one of the browser's own file system. */
async function chosen(name: string): Promise<void> {
  await lab.page.evaluate(async (wanted) => {
    const root = await navigator.storage.getDirectory()
    const write = async (to: FileSystemDirectoryHandle, file: string, content: string): Promise<void> => {
      const stream = await (await to.getFileHandle(file, { create: true })).createWritable()
      await stream.write(content)
      await stream.close()
    }
    await write(root, 'secret.txt', 'not for programs')
    const folder = await root.getDirectoryHandle(wanted, { create: true })
    await write(folder, 'names.txt', 'ada\ngrace\n')
    await write(folder, 'helper.py', 'def shout(text): return text.upper()\n')
    await write(await folder.getDirectoryHandle('data', { create: true }), 'old.txt', 'to be removed')
    Object.assign(window, { showDirectoryPicker: () => Promise.resolve(folder) })
  }, name)
  await file('Choose a folder…')
}
const read = (path: string): Promise<string | undefined> => lab.page.evaluate(async (at) => {
  const parts = at.split('/')
  let to = await navigator.storage.getDirectory()
  try {
    for (const part of parts.slice(0, -1)) to = await to.getDirectoryHandle(part)
    return await (await (await to.getFileHandle(parts.at(-1)!)).getFile()).text()
  } catch (error) {
    if ((error as DOMException).name === 'NotFoundError') return undefined
    throw error
  }
}, path)

it('a program reads, writes and imports in the folder that was chosen, and gets nowhere else', { timeout: 240_000 }, async () => {
  const { page } = lab
  await chosen('course')
  await page.getByRole('button', { name: 'File', exact: true }).click()
  await page.getByText('Programs read and write files in course, and nowhere else.').waitFor()
  await page.getByRole('menuitem', { name: 'helper.py' }).waitFor()
  await page.keyboard.press('Escape')
  const { text: said, status } = await runPython(lab, `import os
from helper import shout
print(sorted(os.listdir('.')))
with open('names.txt') as f: names = f.read().split()
with open('greetings.txt', 'w') as f:
    for name in names: print('hello', shout(name), file=f)
os.makedirs('out/deep')
with open('out/deep/bytes.bin', 'wb') as f: f.write(bytes(range(256)))
with open('names.txt', 'a') as f: f.write('lin\\n')
os.remove('data/old.txt')
def tried(what):
    try: return what()
    except OSError as e: return type(e).__name__
print(tried(lambda: open('../secret.txt').read()))
print(tried(lambda: open('../../secret.txt').read()))
print('secret.txt' in [name for _, _, names in os.walk('/') for name in names])
for path in ('../escaped.txt', '/escaped.txt', '/tmp/escaped.txt'):
    tried(lambda: open(path, 'w').write('out'))
print(tried(lambda: os.symlink('/', 'way-out')))
`)
  expect(said).toBe("['data', 'helper.py', 'names.txt']\nFileNotFoundError\nFileNotFoundError\nFalse\nNone\n")
  expect(status).toBe('ok')
  expect(await read('course/greetings.txt')).toBe('hello ADA\nhello GRACE\n')
  expect(await read('course/names.txt')).toBe('ada\ngrace\nlin\n')
  expect((await read('course/out/deep/bytes.bin'))?.length).toBeGreaterThan(0)
  expect(await read('course/data/old.txt')).toBeUndefined()
  expect(await read('secret.txt')).toBe('not for programs')
  expect(await page.evaluate(async () => {
    const names: string[] = []
    for await (const name of (await navigator.storage.getDirectory() as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(name)
    return names.sort()
  })).toEqual(['course', 'secret.txt', 'workspace'])
  // what it wrote is in the menu, saving goes there, and the private folder is another one
  await file('Save to the folder course')
  await page.getByText(/^server\.py is saved/).waitFor()
  expect(await read('course/server.py')).toContain('from helper import shout')
  await file('Back to the private folder')
  expect((await runPython(lab, "import os\nprint(os.listdir('.'))\n")).text).toBe('[]\n')
})
