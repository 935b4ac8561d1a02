/** Is the page on the screen? Pages are kept alive behind others, and what nobody sees need not be computed. */
import { onActivated, onDeactivated, ref, type Ref } from 'vue'

export function useActive(): Readonly<Ref<boolean>> {
  const active = ref(true)
  onActivated(() => { active.value = true })
  onDeactivated(() => { active.value = false })
  return active
}
