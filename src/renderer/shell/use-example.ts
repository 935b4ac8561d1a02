/**
 * Running examples by address: '/udp?example=retry' opens the page and starts that example for real. A page says which
 * examples it has; whoever leads there (the home page, a note, a bookmark) needs only the address.
 */
import { watch } from 'vue'
import { until } from '@vueuse/core'
import { useRoute, useRouter } from 'vue-router'
import type { PageId } from '../router/pages'
import { useLabStore } from '../stores/lab'
import { useTimelineStore } from '../timeline/store'

export type Examples = Readonly<Record<string, () => unknown>>

/** Called once in the setup of a page. An example is started once: the address loses it, so a reload starts nothing. */
export function useExample(page: PageId, examples: Examples): void {
  const route = useRoute()
  const router = useRouter()
  const lab = useLabStore()
  const timeline = useTimelineStore()

  watch(() => (route.name === page ? route.query.example : undefined), async (wanted) => {
    if (typeof wanted !== 'string') return
    await router.replace({ path: route.path })
    await until(() => lab.link === 'connected' && lab.viewing !== undefined).toBe(true)
    // what is started belongs to the live session, and is to be seen now
    if (!lab.live && lab.hello) await lab.show(lab.hello.live)
    timeline.goLive()
    if (Object.hasOwn(examples, wanted)) await examples[wanted]?.()
  }, { immediate: true })
}
