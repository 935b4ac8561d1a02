/** Python in the desktop app: its worker has a port of its own to the engine. */
import { expect, it } from 'vitest'
import { launchStandin } from '../../electron-standin/launch'
import { write } from '../../lib/python'

it('a program of the page opens a real socket, and is stopped', async () => {
  const { page, stop } = await launchStandin()
  try {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    await page.evaluate(() => { location.hash = '#/python' })
    await write(page.getByRole('textbox', { name: 'Program' }), 'import socket\ns = socket.create_server(("127.0.0.1", 0))\nprint("listening", s.fileno() > 0)\ns.accept()\n')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByRole('log', { name: 'Console' }).getByText('listening True').waitFor({ timeout: 90_000 })
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByRole('toolbar', { name: 'Run and step' }).getByText('stopped').waitFor()
  } finally {
    await stop()
  }
})
