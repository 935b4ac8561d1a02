/** Short notes that pass: something was done, or something could not be. */
import { shallowRef } from 'vue'

export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'danger'
}

const toasts = shallowRef<Toast[]>([])
let nextId = 1

export function useToasts() {
  function remove(id: number): void {
    toasts.value = toasts.value.filter((toast) => toast.id !== id)
  }
  function show(text: string, tone: Toast['tone'] = 'plain'): void {
    toasts.value = [...toasts.value.slice(-2), { id: nextId++, text, tone }]
  }
  return { toasts, show, remove }
}
