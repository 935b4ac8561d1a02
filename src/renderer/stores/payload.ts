/** Bytes that one page made and another may send. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

export const usePayloadStore = defineStore('payload', () => {
  const bytes = shallowRef<Uint8Array>()
  /** Keeps a copy: what is offered does not change under the hands of whoever takes it. */
  function offer(made: Uint8Array): void {
    bytes.value = made.slice()
  }
  return { bytes, offer }
})
