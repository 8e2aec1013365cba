/** The page that checks proofs and answers: same core as `fieldproof verify`, nothing is sent anywhere. */
import { render } from 'preact'
import { verifyFile } from '../core/query/verifyFile.js'
import { FileReport } from './parts/FileReport.js'

/** Beyond what any file may have: the check says that it is too long without reading it all. */
const bytesReadMax = 64 * 1024 * 1024 + 1

async function check(file: File): Promise<void> {
  const bytes = new Uint8Array(await file.slice(0, bytesReadMax).arrayBuffer())
  const target = document.getElementById('report')
  // With a key of its own each check is a new report, and none shows parts of the one before.
  const report = <FileReport key={performance.now()} name={file.name} file={verifyFile(bytes)} />
  if (target !== null) render(report, target)
}

document.getElementById('choose')?.addEventListener('change', ({ target }) => {
  const input = target as HTMLInputElement
  const [file] = input.files ?? []
  // The same file may be chosen again after it was changed.
  if (file)
    void check(file).finally(() => {
      input.value = ''
    })
})
document.addEventListener('dragover', (event) => {
  event.preventDefault()
  document.body.classList.add('dragging')
})
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) document.body.classList.remove('dragging')
})
document.addEventListener('drop', (event) => {
  event.preventDefault()
  document.body.classList.remove('dragging')
  const [file] = event.dataTransfer?.files ?? []
  if (file) void check(file)
})
