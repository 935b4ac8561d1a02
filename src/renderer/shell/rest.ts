/**
 * Pages stay as they were left, behind the one on the screen, and Vue would go on drawing them with every event. What nobody sees
 * must not take the time of what somebody does: a hidden page rests, and draws what it missed, once, when it is shown again.
 * What must go on meanwhile is in the stores.
 */
import { isVNode, Teleport, type EffectScope, type VNode } from 'vue'

/** What a page has open over the app (a tip, a menu) closes when one leaves it, and gets so long to do so, milliseconds. */
const AFTER = 1000

/** Vue does not name it in its types: the renders, watchers and computed values of one component. */
const scopeOf = (component: object): EffectScope => (component as { scope: EffectScope }).scope

function visit(vnode: VNode, each: (vnode: VNode) => void): void {
  each(vnode)
  if (vnode.component) visit(vnode.component.subTree, each)
  else if (vnode.suspense?.activeBranch) visit(vnode.suspense.activeBranch, each)
  else if (Array.isArray(vnode.children)) for (const child of vnode.children) if (isVNode(child)) visit(child, each)
}

const scopesOf = (page: VNode): EffectScope[] => {
  const scopes: EffectScope[] = []
  visit(page, ({ component }) => { if (component) scopes.push(scopeOf(component)) })
  return scopes
}

/** A dialog of the page is still on the screen: it must be able to close. */
function isOpen(page: VNode): boolean {
  let open = false
  visit(page, (vnode) => {
    if (vnode.type === Teleport) visit(vnode, (inside) => { open ||= inside !== vnode && inside.el instanceof Element })
  })
  return open
}

/** For the moments of a page in a KeepAlive: `rest` when it is hidden, `wake` when it is shown, `renew` for all that rest. */
export function pageRest(after = AFTER) {
  const waiting = new Map<unknown, ReturnType<typeof setTimeout>>()
  const resting = new Map<unknown, { page: VNode; scopes: EffectScope[] }>()

  function rest(page: VNode): void {
    const { component } = page
    if (!component) return
    waiting.set(component, setTimeout(() => {
      if (isOpen(page)) return rest(page)
      waiting.delete(component)
      const scopes = scopesOf(page)
      for (const scope of scopes) scope.pause()
      resting.set(component, { page, scopes })
    }, after))
  }
  function wake(page: VNode): void {
    const { component } = page
    clearTimeout(waiting.get(component))
    waiting.delete(component)
    for (const scope of resting.get(component)?.scopes ?? []) scope.resume()
    resting.delete(component)
  }
  /** Another session: what hidden pages drew of the one before must not keep it in memory. They draw once, and rest again. */
  function renew(): void {
    for (const { page } of [...resting.values()]) {
      wake(page)
      rest(page)
    }
  }
  return { rest, wake, renew }
}
