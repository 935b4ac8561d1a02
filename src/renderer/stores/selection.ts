/** The one selection of the whole app, and what lights up with it. */
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { nothing, relatedTo, type Selection } from '../../shared/projections/selection'
import { useLabStore } from './lab'

export const useSelectionStore = defineStore('selection', () => {
  const lab = useLabStore()
  const selection = shallowRef<Selection>()
  const related = computed(() => {
    if (!selection.value) return nothing()
    void lab.version
    return relatedTo(selection.value, lab.lab())
  })
  function select(next: Selection | undefined): void {
    selection.value = next
  }
  // ids mean nothing in another session
  watch(() => lab.viewing?.session, () => select(undefined))
  return { selection, related, select }
})
