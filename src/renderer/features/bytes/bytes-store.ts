/** What the person has typed on the page: kept while other pages are looked at. */
import { defineStore } from 'pinia'
import { reactive, ref } from 'vue'
import type { Encoding } from '../../../shared/bytes/encodings'
import type { Level } from '../../../shared/bytes/zlib'

export type Tab = 'text' | 'struct' | 'zlib' | 'json'

export const useBytesStore = defineStore('bytes-page', () => {
  const tab = ref<Tab>('text')
  const text = reactive({
    way: 'encode' as 'encode' | 'decode', text: 'Hello 한글 日本 😀', hex: 'ed 95 9c ea b8 80', encoding: 'utf-8' as Encoding, index: 0, value: 74,
  })
  const struct = reactive({ way: 'pack' as 'pack' | 'unpack', format: 'i', values: '1234', hex: 'd2 04 00 00' })
  const zlib = reactive({
    way: 'compress' as 'compress' | 'decompress', text: 'Hello, hello, hello. ', times: 20, level: -1 as Level, hex: '78 9c cb 48 cd c9 c9 07 00 06 2c 02 15',
  })
  const json = reactive({
    source: "{'name': '한글', 'port': 9999, 'peer': ('127.0.0.1', 7001), 1: None}", ensureAscii: true, compact: false, sortKeys: false,
  })
  return { tab, text, struct, zlib, json }
})
