/** Hands a text to the browser as a file; nothing is asked of the gateway. */
interface Props {
  name: string
  text: string
  label: string
}

export function SaveFile({ name, text, label }: Props) {
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
    const link = document.createElement('a')
    link.href = url
    link.download = name
    link.click()
    URL.revokeObjectURL(url)
  }
  return (
    <button type="button" class="quiet" onClick={save}>
      {label}
    </button>
  )
}
