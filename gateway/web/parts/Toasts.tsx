/** Short news at the edge of the page; read out by screen readers. */
import { useEffect } from 'preact/hooks'
import { type Toast, useModel, useStore } from '../data/store.js'

const shownMs = 12_000

export function Toasts() {
  const { toasts } = useModel()
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <One key={toast.id} toast={toast} />
      ))}
    </div>
  )
}

function One({ toast: { id, text, level, href } }: { toast: Toast }) {
  const store = useStore()
  useEffect(() => {
    // What asks for something stays until somebody has seen it.
    const timer = href === undefined ? setTimeout(() => store.dismiss(id), shownMs) : undefined
    return () => clearTimeout(timer)
  }, [id, href, store])
  return (
    <div class={`toast card ${level}`}>
      <span>{text}</span>
      {href && (
        <a href={href} onClick={() => store.dismiss(id)}>
          Show
        </a>
      )}
      <button type="button" class="quiet" aria-label="Dismiss" onClick={() => store.dismiss(id)}>
        ✕
      </button>
    </div>
  )
}
