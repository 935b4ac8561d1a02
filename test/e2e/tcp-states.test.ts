/** Every ready-made experiment, call by call; between them, all eleven states of RFC 9293 on one machine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../lib/chromium'
import { openLab, playOut, segments, statesOf, type LabPage } from '../lib/lab-page'

let browser: Browser
let lab: LabPage
/** every state that a lifeline or the diagram showed, with its evidence, over all experiments */
const seen = new Map<string, Set<string>>()

// tall: the ladder draws a whole connection. One lab for all experiments: each begins with clean hands.
beforeAll(async () => {
  browser = await launchChromium()
  lab = await openLab(browser, { viewport: { width: 1600, height: 2600 } })
})
afterAll(async () => {
  await lab.leave()
  await browser.close()
})

/** Plays it, and keeps the states of the connection looked at. */
async function play(name: string): Promise<void> {
  await playOut(lab, name)
  await collect()
}
async function collect(): Promise<void> {
  for (const side of ['client', 'server'] as const) {
    for (const { state, evidence } of await statesOf(lab, side)) seen.set(state, (seen.get(state) ?? new Set<string>()).add(evidence))
  }
  const figure = lab.picture.getByRole('figure', { name: 'TCP state diagram' })
  for (const name of await figure.getByRole('button').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''))) {
    for (const [, from, to, evidence] of name.matchAll(/: (\w+) → (\w+) · .*? · (kernel|inferred|captured)/g)) {
      for (const state of [from, to]) if (state) seen.set(state, (seen.get(state) ?? new Set<string>()).add(evidence ?? ''))
    }
  }
}
const flow = async (): Promise<string[]> => (await segments(lab)).map(({ from, flags }) => `${from} ${flags}`)
const states = async (side: 'client' | 'server'): Promise<string[]> => (await statesOf(lab, side)).map(({ state }) => state)
/** the lines of a hand as Python, each with its result */
const said = (hand: 'clientHand' | 'serverHand') => lab[hand].getByRole('list', { name: 'The same in Python' })

describe('experiments', () => {
  it('handshake and close', async () => {
    await play('Handshake and close')
    expect((await flow()).slice(0, 3)).toEqual(['client SYN', 'server SYN,ACK', 'client ACK'])
    expect(await states('client')).toEqual(['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'TIME_WAIT'])
    expect(await states('server')).toEqual(['SYN_RCVD', 'ESTABLISHED', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSED'])
  })
  it('echo', async () => {
    await play('Echo')
    await said('clientHand').getByText("# b'hello'").waitFor()
    await lab.picture.getByText('closed in order').waitFor()
  })
  it('half-close', async () => {
    await play('Half-close')
    await said('clientHand').getByText("# b'42\\n'").waitFor()
    expect(await states('client')).toContain('FIN_WAIT_2')
  })
  it('fill the send buffer', async () => {
    await play('Fill the send buffer')
    await said('clientHand').getByText(/EAGAIN/).waitFor()
    await lab.picture.getByText('closed in order').waitFor()
  })
  it('full accept queue: the third client retries its SYN until there is room', async () => {
    await play('Full accept queue')
    expect(await lab.picture.getByRole('combobox', { name: 'Connection' }).locator('option').count()).toBeGreaterThanOrEqual(4)
    await expect.poll(() => states('client')).toContain('SYN_SENT')
  })
  // TCP_DEFER_ACCEPT is Linux's (tcp(7))
  it.runIf(process.platform === 'linux')('SYN_RCVD, held by the kernel until the first bytes come', async () => {
    await play('SYN_RCVD, held')
    expect((await statesOf(lab, 'server')).slice(0, 2).map(({ state }) => state)).toEqual(['SYN_RCVD', 'ESTABLISHED'])
    expect(seen.get('SYN_RCVD')).toContain('kernel')
    await lab.picture.getByText('closed in order').waitFor()
  })
  it('simultaneous close passes through CLOSING', async () => {
    await play('Simultaneous close')
    // the client takes the peer's FIN while its own still waits behind unsent bytes
    expect(await states('client')).toEqual(['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT_1', 'CLOSING', 'TIME_WAIT'])
    expect((await states('server')).at(-1)).toBe('TIME_WAIT')
  })
  it('address in use', async () => {
    await play('Address in use')
    await said('serverHand').getByText(/EADDRINUSE/).waitFor()
  })
  it('refused', async () => {
    await play('Refused')
    expect(await flow()).toEqual(['client SYN', 'server RST,ACK'])
    await said('clientHand').getByText(/ECONNREFUSED/).waitFor()
  })
  it('timeout: of the socket, not of the network', async () => {
    await play('Timeout')
    await said('clientHand').getByText(/TIMEOUT, TimeoutError/).waitFor()
  })
  it('reset', async () => {
    await play('Reset')
    await lab.picture.getByText('connection reset').waitFor()
    expect((await flow()).filter((one) => one.includes('RST'))).toEqual(['client RST,ACK'])
  })
})

it('all eleven states were reached, each with its evidence', () => {
  expect([...seen.keys()].sort()).toEqual([
    'CLOSED', 'CLOSE_WAIT', 'CLOSING', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'LAST_ACK', 'LISTEN', 'SYN_RCVD', 'SYN_SENT', 'TIME_WAIT',
  ])
  for (const [state, evidence] of seen) expect([state, [...evidence].every((one) => one === 'kernel' || one === 'inferred')]).toEqual([state, true])
  // the kernel itself was asked in the long ones
  for (const state of ['ESTABLISHED', 'CLOSE_WAIT', 'FIN_WAIT_2', 'TIME_WAIT']) expect(seen.get(state)).toContain('kernel')
})
