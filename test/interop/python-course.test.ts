/**
 * Programs as students of the five courses write them (test/fixtures/python/course), not from our twins: each runs the first
 * time in the lab's Python, with its partners there, and prints what it prints under python3. Only their ports are others.
 */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../lib/chromium'
import { openPython, type PythonPage } from '../lib/python'
import { runAll, type Part } from './lib/course'

let browser: Browser
let page: PythonPage
beforeAll(async () => {
  browser = await launchChromium()
  page = await openPython(browser)
})
afterAll(async () => {
  await page?.leave()
  await browser?.close()
})

const SCENARIOS: Record<string, { ports?: number[]; parts: Part[] }> = {
  'a thread for each client, argparse and sys.argv': { ports: [9999], parts: [
    { file: 'ack_server.py', argv: '-b 127.0.0.1 --port 9999 --count 1', ready: /Listening/ },
    { file: 'ack_client.py', argv: 'localhost 9999' },
  ] },
  'the echo server on all addresses, a client that reads lines, one that aborts': { ports: [50007], parts: [
    { file: 'echo_server.py', ready: /서버 시작/, stops: true },
    { file: 'echo_client.py', typed: [[1, /> /, '안녕하세요'], [1, /수신: '안/, 'two words'], [1, /two words'/, '']] },
    { file: 'abort_client.py', typed: [[0, /연결 종료[^]*연결 종료/, undefined]] },
  ] },
  'poll(), two clients at once': { ports: [9099], parts: [
    { file: 'serveur_poll.py', ready: /l'écoute/ },
    { file: 'clients_poll.py' },
  ] },
  'UDP that asks again with twice the patience': { ports: [1060], parts: [
    { file: 'udp_serveur.py', ready: /Listening/ },
    { file: 'udp_client.py', argv: '127.0.0.1' },
  ] },
  'broadcast': { ports: [37020], parts: [
    { file: 'broadcast_recv.py', ready: /waiting/ },
    { file: 'broadcast_send.py', argv: '127.0.0.0/8' },
  ] },
  'a multicast chat of two over IPv6': { ports: [8123], parts: [
    { file: 'mchat.py', argv: '花子', ready: /参加/, unordered: true, typed: [[0, /参加/, 'もしもし']] },
    { file: 'mchat.py', argv: '太郎', ready: /参加/, unordered: true, typed: [[1, /<花子: もしもし>/, 'はい、さようなら']] },
  ] },
  'a multicast chat over IPv4': { ports: [8123], parts: [
    { file: 'mchat.py', argv: '-4 Ann', ready: /参加/, typed: [[0, /参加/, 'hello'], [0, /<Ann: hello>/, 'さようなら']] },
  ] },
  'the recipe for groups with struct 4sl': { ports: [5009], parts: [{ file: 'mcast_old.py' }] },
  'recvall, and blocks with their length in front': { ports: [1061], parts: [
    { file: 'blocs.py', ready: /Run this/ },
    { file: 'blocs.py', argv: '-c' },
  ] },
  'XML-RPC with introspection and multicall': { ports: [7001], parts: [
    { file: 'rpc_serveur.py', ready: /ready/, stops: true },
    { file: 'rpc_client.py' },
  ] },
  'a chat with select()': { ports: [5555], parts: [
    { file: 'chat_server.py', ready: /up/, unordered: true },
    { file: 'chat_client.py', argv: 'Ann', ready: /welcome/, typed: [[0, /Bob joined/, 'hi Bob']] },
    { file: 'chat_client.py', argv: 'Bob', ready: /welcome/, typed: [[2, />> Ann: hi Bob/, 'hello Ann 👋'], [1, />> Bob: hello/, undefined]] },
  ] },
  'asyncio streams': { ports: [8888], parts: [
    { file: 'async_server.py', ready: /Serving/ },
    { file: 'async_client.py' },
  ] },
  'socketserver': { ports: [9997], parts: [
    { file: 'ss_server.py', ready: /serving/ },
    { file: 'ss_client.py', argv: 'hello Größe quit' },
  ] },
  'a file is sent': { ports: [6000], parts: [
    { file: 'file_recv.py', ready: /ready/ },
    { file: 'file_send.py' },
  ] },
  'a proxy before a web server, and GET with makefile': { ports: [8101, 8102], parts: [
    { file: 'tiny_http.py', argv: '8101', ready: /up/ },
    { file: 'proxy.py', argv: '8102 127.0.0.1 8101', ready: /ready/, stops: true, typed: [[1, /session over/, undefined]] },
    { file: 'http_by_hand.py', argv: 'localhost 8101 /', ready: /<h1>/ },
    { file: 'http_by_hand.py', argv: 'localhost 8102 /page' },
  ] },
  'a web server, and urllib': { ports: [8103], parts: [
    { file: 'tiny_http.py', argv: '8103', ready: /up/ },
    { file: 'urls.py', argv: '8103' },
  ] },
  'a scan of this computer': { ports: [9200], parts: [{ file: 'scan.py', argv: '9200 9203' }] },
  'sums as JSON over a Unix socket': { parts: [
    { file: 'sum_server.py', argv: 'unix lab.sock', ready: /sum server/ },
    { file: 'sum_client.py', argv: 'unix lab.sock' },
  ] },
  'sums as JSON over IPv6': { ports: [9100], parts: [
    { file: 'sum_server.py', argv: 'tcp', ready: /sum server/ },
    { file: 'sum_client.py', argv: 'tcp' },
  ] },
}

it.each(Object.keys(SCENARIOS))('%s', { timeout: 600_000 }, async (name) => {
  const { parts, ports = [] } = SCENARIOS[name]!
  const expected = await runAll(parts, ports, undefined)
  // so that two failures are not taken for agreement
  for (const [at, { file }] of parts.entries()) expect(expected[at]!.join('').length, file).toBeGreaterThan(2)
  const errors: string[] = []
  expect(await runAll(parts, ports, page, errors), errors.join('\n')).toEqual(expected)
})
