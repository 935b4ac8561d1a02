import { useStorage } from '@vueuse/core'
import { createRouter, createWebHashHistory } from 'vue-router'
import { PAGES } from './pages'

/** The page that was looked at last: the app opens on it. The first time it is the home page. */
const last = useStorage('socketscope.page', '/home')
const begin = (): string => PAGES.find((page) => page.path === last.value)?.path ?? '/home'

/** Hash history: the same under app:// and http://, and no server rewrites. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    ...PAGES.map((page) => ({ path: page.path, name: page.id, component: page.page })),
    { path: '/:rest(.*)*', redirect: begin },
  ],
})

router.afterEach((to) => { last.value = to.path })
