/** One line of `fieldproof doctor`. */
export interface Finding {
  subject: string
  result: 'ok' | 'warning' | 'bad'
  detail: string
  /** What to do; present unless `ok`. */
  remedy?: string
}

export function ok(subject: string, detail: string): Finding {
  return { subject, result: 'ok', detail }
}

export function warning(subject: string, detail: string, remedy: string): Finding {
  return { subject, result: 'warning', detail, remedy }
}

export function bad(subject: string, detail: string, remedy: string): Finding {
  return { subject, result: 'bad', detail, remedy }
}
