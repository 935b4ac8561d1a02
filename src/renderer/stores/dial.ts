/** "Connect with this": an address that one page found and another is to dial. It is taken once. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { SockAddr } from '../../shared/trace/events'

/** `client`: the form that starts client programs; `hand`: the client's hand. */
export type DialPlace = 'client' | 'hand'
export type Dialable = Exclude<SockAddr, { family: 'unix' }>

export const useDialStore = defineStore('dial', () => {
  const offered = shallowRef<{ place: DialPlace; address: Dialable }>()
  function offer(place: DialPlace, address: Dialable): void {
    offered.value = { place, address }
  }
  /** What is offered to this place; it is no longer offered then. */
  function take(place: DialPlace): Dialable | undefined {
    if (offered.value?.place !== place) return undefined
    const { address } = offered.value
    offered.value = undefined
    return address
  }
  return { offered, offer, take }
})

/** The host as a person types it: a link-local address with the interface's number. */
export const hostText = (address: Dialable): string => (address.family === 'inet6' && address.scope ? `${address.host}%${address.scope}` : address.host)
