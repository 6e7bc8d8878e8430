import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Stage } from './stage.tsx'
import { start } from './store.ts'
import '../style/base.css'
import '../style/stage.css'

const place = document.getElementById('stage')
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <Stage />
    </StrictMode>
  )
}
void start()
