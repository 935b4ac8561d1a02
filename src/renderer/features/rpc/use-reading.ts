/** What the chosen exchange says as XML-RPC: which method was called with what, and what came back. */
import { shallowRef, watch } from 'vue'
import type { ReadMessage } from '../../../shared/http/exchanges'
import { readCall, readResponse } from '../../../shared/rpc/read'
import { RpcError, type RpcCall, type RpcResponse } from '../../../shared/rpc/value'
import type { ListedExchange, useExchanges } from '../../wire/use-exchanges'

export interface Reading {
  call?: RpcCall
  response?: RpcResponse
}

export function useReading({ chosen, bytesOf }: ReturnType<typeof useExchanges>) {
  const reading = shallowRef<Reading>({})
  async function bodyOf(of: ListedExchange, side: 'a' | 'b', message: ReadMessage | undefined): Promise<Uint8Array | undefined> {
    const part = message?.reader.state === 'complete' ? message.reader.message?.parts.find(({ kind }) => kind === 'body') : undefined
    if (!message || !part) return undefined
    const answer = await bytesOf(of.connection, side, message.base)(part.from, part.to - part.from)
    const bytes = answer instanceof Uint8Array ? answer : answer?.bytes
    return bytes?.length === part.to - part.from ? bytes : undefined
  }
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      // the XML tree says what is wrong with it
      if (error instanceof RpcError) return undefined
      throw error
    }
  }
  watch(chosen, async (now, _, onCleanup) => {
    let stale = false
    onCleanup(() => { stale = true })
    if (!now) {
      reading.value = {}
      return
    }
    const [asked, answered] = await Promise.all([bodyOf(now, 'a', now.exchange.request), bodyOf(now, 'b', now.exchange.responses.at(-1))])
    if (stale) return
    const call = asked && attempt(() => readCall(asked))
    const response = answered && attempt(() => readResponse(answered))
    reading.value = { ...(call ? { call } : {}), ...(response ? { response } : {}) }
  }, { immediate: true })
  return reading
}
