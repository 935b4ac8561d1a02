/** The names that sockets have in the Python shown everywhere: one set, so that a socket is called the same in every view. */
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { SocketNames } from '../../shared/calls/socket-names'
import type { LabState } from '../../shared/projections/model'
import type { SockId } from '../../shared/trace/events'
import { useLabStore } from './lab'

export const useNamesStore = defineStore('names', () => {
  const lab = useLabStore()
  let of: LabState | undefined
  let names = new SocketNames()

  const nameOf = computed(() => {
    void lab.version
    const state = lab.lab()
    if (state !== of) {
      of = state
      names = new SocketNames()
    }
    names.update(state.calls.list)
    const now = names
    return (sock: SockId | undefined): string => now.of(sock)
  })
  return { nameOf }
})
