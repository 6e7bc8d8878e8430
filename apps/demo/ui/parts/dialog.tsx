import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import { Icon } from './bits.tsx'

/** A window above the page; Escape and a click beside it close it. */
export function Dialog({
  title,
  description,
  onClose,
  children
}: {
  title: string
  description?: string
  onClose(): void
  children: ReactNode
}): ReactNode {
  return (
    <Base.Root open onOpenChange={(open) => open || onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className="dialog">
          <header>
            <Base.Title>{title}</Base.Title>
            <Base.Close className="icon-button" aria-label="Close">
              <Icon name="close" />
            </Base.Close>
          </header>
          {description !== undefined && <Base.Description className="quiet">{description}</Base.Description>}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** Ask before something that can't be undone. */
export function Confirm({
  title,
  text,
  action,
  onConfirm,
  onClose
}: {
  title: string
  text: string
  action: string
  onConfirm(): void
  onClose(): void
}): ReactNode {
  return (
    <Dialog title={title} description={text} onClose={onClose}>
      <div className="row end">
        <button type="button" className="button" onClick={onClose}>
          Keep
        </button>
        <button
          type="button"
          className="button danger"
          onClick={() => {
            onConfirm()
            onClose()
          }}
        >
          {action}
        </button>
      </div>
    </Dialog>
  )
}
