import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { start } from './client/store.ts'
import './style/base.css'
import './style/messenger.css'

const place = document.getElementById('app')
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>
  )
}
void start()
