/** What `fieldproof setup` asks, and the file that comes of it. Every form is the configuration's own. */
import { yesOrNo } from '../config/kinds.js'
import { configSchema } from '../config/schema.js'

export interface Answers {
  network: string
  dataDir: string
  isReachable: boolean
  isOpen: boolean
  /** Address of InfluxDB; `undefined` for the gateway's own store. */
  influxUrl: string | undefined
  backupFolder: string | undefined
}

export interface Question {
  key: keyof Answers
  text: string
  fallback: unknown
  /** The default as a person would write it. */
  shown: string
  expected: string
  /** `undefined` for an answer that is none. */
  read(text: string): unknown
}

function yes(text: string): boolean | undefined {
  if (/^(y|yes)$/i.test(text)) return true
  return /^(n|no)$/i.test(text) ? false : yesOrNo.read(text)
}

function yesQuestion(key: keyof Answers, text: string): Question {
  return { key, text, fallback: false, shown: 'no', expected: 'yes or no', read: yes }
}

const { network, dataDir, store, backup } = configSchema

export const questions: readonly Question[] = [
  {
    key: 'network',
    text: 'Name of the network? Boards sign for it: one that signs for another name is refused.',
    fallback: network.fallback,
    shown: String(network.fallback),
    expected: network.kind.expected,
    read: network.kind.read,
  },
  {
    key: 'dataDir',
    text: 'Folder for keys, log and values? It must outlive the machine’s updates.',
    fallback: dataDir.fallback,
    shown: String(dataDir.fallback),
    expected: dataDir.kind.expected,
    read: dataDir.kind.read,
  },
  yesQuestion(
    'isReachable',
    'Shall boards reach the gateway from the network (MQTT on every address)? Only on one that you trust.',
  ),
  yesQuestion('isOpen', 'May unknown boards ask to be approved? You approve each one yourself.'),
  {
    key: 'influxUrl',
    text: 'Address of InfluxDB 1.x for charts, such as http://127.0.0.1:8086? Without it the gateway keeps values itself.',
    fallback: undefined,
    shown: 'none',
    expected: store.url.kind.expected,
    read: store.url.kind.read,
  },
  {
    key: 'backupFolder',
    text: 'Folder for a backup each night, better on another disk?',
    fallback: undefined,
    shown: 'none',
    expected: backup.folder.kind.expected,
    read: backup.folder.kind.read,
  },
]

/** The YAML file: what was answered, and what else an operator looks for first. */
export function configText(answers: Answers): string {
  const { influxUrl, backupFolder } = answers
  return `# FieldProof. Every key is in schemas/config.md; "fieldproof check" reads this file and shows what holds.
# SIGHUP ("systemctl reload fieldproof") reads it again.

# Boards sign for this name: a change means that every board must be told.
network: ${JSON.stringify(answers.network)}

# Keys, log and values. Relative to this file.
dataDir: ${JSON.stringify(answers.dataDir)}

mqtt:
  # 127.0.0.1: this machine only. 0.0.0.0: the whole network; use mqtt.tls beyond one that you trust.
  host: ${answers.isReachable ? '0.0.0.0' : '127.0.0.1'}
  port: 1883

http:
  # Dashboard, API and public log.
  host: 127.0.0.1
  port: 8484

enrolment:
  # May unknown boards ask? "fieldproof devices pending" lists them.
  open: ${answers.isOpen}

${
  influxUrl === undefined
    ? '# store:\n#   kind: influxdb\n#   url: http://127.0.0.1:8086'
    : `store:\n  kind: influxdb\n  url: ${JSON.stringify(influxUrl)}`
}

${backupFolder === undefined ? '# backup:\n#   folder: /mnt/usb/fieldproof' : `backup:\n  folder: ${JSON.stringify(backupFolder)}`}
${backupFolder === undefined ? '#   at: "03:00"' : '  # Time of day, UTC; each backup is restored once to see that it can be.\n  at: "03:00"\n  keep: 7'}

# Raw values to the broker of your Home Assistant:
# homeAssistant:
#   enabled: true
#   url: mqtt://homeassistant.lan:1883
`
}
