/**
 * The devices of one run and their links: enrolment, approval, counting. What they send comes from
 * elsewhere (fleet.ts, replay.ts); what must hold afterwards too (oracle.ts).
 */
import { Failure, messageOf } from '../gateway/core/failure.js'
import type { Verdict } from '../gateway/core/verdict.js'
import { type DeviceProfile, VirtualDevice } from './device.js'
import { type Gate, openGate } from './gate.js'
import { Ledger } from './ledger.js'
import { callsMax, connectingMax, enrollingMax, ledgerMessagesMax } from './limits.js'
import { type AckMode, type EnrolState, type Link, type LinkHost, pause } from './link.js'
import { MqttLink } from './mqttLink.js'
import type { Approval, KnownDevice, OperatorApi } from './operator.js'
import type { Item } from './outbox.js'
import { randomFrom } from './random.js'
import { SerialLink } from './serialLink.js'

/** What every run needs, whatever its devices send. */
export interface RunOptions {
  network: string
  seed: string
  /** `mqtt://host:port`, or `ws://..`; needed unless every device has a serial path. */
  mqttUrl?: string | undefined
  /** Device files; one device speaks on each. */
  serialPaths?: readonly string[]
  acks?: AckMode
  inFlight?: number
  receipts?: boolean
  /** Called with each receipt that names what was sent, and the message that it is of. */
  onReceipt?: (receipt: Uint8Array, message: Uint8Array | undefined) => void
  /** Approves the devices of this run, and nobody else's; the oracle asks it too. */
  operator?: OperatorApi | undefined
  /** Unix milliseconds; the machine's clock where absent. */
  now?: () => number
  onNote?: (text: string) => void
  /** Called once per device, when it can send for the first time. */
  onReady?: (id: string) => void
}

/** A device before it has said a word, so that others can prepare for it. */
export interface PlannedDevice {
  id: string
  approval: Approval
}

export interface Member {
  device: VirtualDevice
  link: Link
  approval: Approval
  ledger: Ledger
  firstSeq: number
  wasReady: boolean
  /** The gateway held readings of it before this run. */
  hadHistory: boolean
}

export interface RunReport {
  seed: string
  devices: number
  ready: number
  pending: number
  /** Honest messages and faults that were made. */
  made: number
  sent: number
  resent: number
  acknowledged: number
  refused: Partial<Record<Verdict, number>>
  /** Made and neither acknowledged nor refused yet. */
  waiting: number
  /** Not made: the device's memory was full, or the machine too slow for the rate. */
  skipped: number
  receipts: number
  /** Links broken or disturbed on purpose. */
  blows: number
}

const tickMs = 1_000
const approvalTries = 40
const approvalPauseMs = 250
/** Approvals that are written out for the operator. */
const explainedMax = 10

export class Crew {
  readonly members: readonly Member[]
  readonly options: RunOptions
  /** What fits no message of a run, for the oracle: a gateway that answers what nobody asked. */
  readonly strays: string[] = []
  skipped = 0
  private readonly byId = new Map<string, Member>()
  private readonly counts = { made: 0, sent: 0, resent: 0, acknowledged: 0, receipts: 0, blows: 0 }
  private readonly refused: Partial<Record<Verdict, number>> = {}
  private readonly pending = new Set<string>()
  private readonly stopping = new AbortController()
  private readonly approving: Gate = openGate(callsMax)
  private readonly approvals = new Set<string>()
  private readonly explained = new Set<string>()
  private readonly noted = new Set<string>()
  private ticker: NodeJS.Timeout | undefined

  constructor(
    options: RunOptions,
    profiles: readonly { profile: DeviceProfile; approval: Approval }[],
  ) {
    this.options = options
    const host = this.host()
    const capacity = Math.max(100, Math.floor(ledgerMessagesMax / 2 / profiles.length))
    this.members = profiles.map(({ profile, approval }, index) => {
      const device = new VirtualDevice(profile)
      device.outbox.keepsMessages = options.onReceipt !== undefined
      const link = this.linkFor(device, index, host)
      const member: Member = {
        device,
        link,
        approval,
        ledger: new Ledger(capacity),
        firstSeq: device.nextSeq,
        wasReady: false,
        hadHistory: false,
      }
      this.watch(device)
      this.byId.set(device.id, member)
      return member
    })
  }

  now(): number {
    return (this.options.now ?? Date.now)()
  }

  get planned(): PlannedDevice[] {
    return this.members.map(({ device, approval }) => ({ id: device.id, approval }))
  }

  member(id: string): Member | undefined {
    return this.byId.get(id)
  }

  /** Looks up what the gateway knows of these devices, then lets them speak. */
  async start(): Promise<void> {
    const known = await this.options.operator?.devices()
    if (this.stopping.signal.aborted) return
    if (known) this.recognise(known)
    for (const { link } of this.members) link.start()
    this.ticker = setInterval(() => {
      for (const { link } of this.members) link.tick()
    }, tickMs)
  }

  private recognise(known: readonly KnownDevice[]): void {
    const byId = new Map(known.map((row) => [row.device, row]))
    for (const member of this.members) {
      const { device, link } = member
      const { state, accepted = 0, highestSeq = -1 } = byId.get(device.id) ?? {}
      member.hadHistory = accepted > 0
      device.beginAbove(highestSeq)
      member.firstSeq = device.nextSeq
      if (state === 'active') link.assume('device')
      if (state === 'pending' || state === undefined) link.assume('candidate')
      if (state === 'pending') void this.approve(device.id)
    }
  }

  /** Hands a message to its device. */
  submit(member: Member, item: Item): void {
    this.counts.made++
    member.ledger.add(item)
    member.device.outbox.push(item)
    member.link.pump()
  }

  /** Breaks or disturbs the link of a device: what was in flight is sent again. */
  strike(member: Member, act: 'drop' | 'disturb'): void {
    if (act === 'disturb' && member.link.kind === 'mqtt') return
    this.counts.blows++
    member.link[act]()
  }

  /** Waits until everything is answered, at most so long; says whether it is. */
  async settle(msMax: number): Promise<boolean> {
    const end = this.now() + msMax
    const isOpen = (): boolean => this.members.some(({ device }) => device.outbox.open > 0)
    while (isOpen() && this.now() < end) await pause(50, this.stopping.signal)
    return !isOpen()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    clearInterval(this.ticker)
    await Promise.all(this.members.map(({ link }) => link.stop()))
  }

  report(): RunReport {
    let waiting = 0
    let ready = 0
    for (const { device, link } of this.members) {
      waiting += device.outbox.unsettled
      if (link.ready()) ready++
    }
    const { members, skipped, pending } = this
    return {
      seed: this.options.seed,
      devices: members.length,
      ready,
      pending: pending.size,
      ...this.counts,
      refused: { ...this.refused },
      waiting,
      skipped,
    }
  }

  /** A note for people, once for each text. */
  note(text: string): void {
    if (this.noted.has(text)) return
    this.noted.add(text)
    this.options.onNote?.(text)
  }

  private linkFor(device: VirtualDevice, index: number, host: LinkHost): Link {
    const {
      serialPaths = [],
      mqttUrl,
      acks = 'puback',
      inFlight = 32,
      receipts = false,
    } = this.options
    const path = serialPaths[index]
    if (path !== undefined) return new SerialLink(device, { path, receipts }, host)
    return new MqttLink(device, { url: mqttUrl ?? '', acks, inFlight, receipts }, host)
  }

  private watch(device: VirtualDevice): void {
    const { counts, refused } = this
    device.outbox.watcher = {
      sent(item) {
        if (item.sends === 1) counts.sent++
        else counts.resent++
      },
      judged(item) {
        if (item.expect === 'accepted') counts.acknowledged++
      },
      told(item, judgedBefore) {
        const { verdict, expect } = item
        const wasCounted = judgedBefore && expect === 'accepted'
        if (verdict === 'accepted' && !wasCounted) counts.acknowledged++
        if (verdict === undefined || verdict === 'accepted') return
        refused[verdict] = (refused[verdict] ?? 0) + 1
        if (wasCounted) counts.acknowledged--
      },
    }
  }

  private host(): LinkHost {
    return {
      now: () => this.now(),
      random: randomFrom(this.options.seed, 'links'),
      connecting: openGate(connectingMax),
      enrolling: openGate(enrollingMax),
      onReady: (device) => this.becameReady(device),
      onState: (device, state, reason) => this.stateChanged(device, state, reason),
      onStray: (device, seq, verdict) => {
        if (this.strays.length < 100) this.strays.push(`${device.id} seq ${seq}: ${verdict}`)
      },
      onReceipt: (device, bytes, seq) => {
        if (seq === undefined) this.strays.push(`${device.id}: a receipt for what was not sent`)
        else {
          this.counts.receipts++
          this.options.onReceipt?.(bytes, device.outbox.messageOf(seq))
        }
      },
    }
  }

  private becameReady(device: VirtualDevice): void {
    this.pending.delete(device.id)
    const member = this.byId.get(device.id)
    if (member === undefined || member.wasReady) return
    member.wasReady = true
    this.options.onReady?.(device.id)
  }

  private stateChanged(device: VirtualDevice, state: EnrolState, reason?: string): void {
    if (state === 'pending') {
      this.pending.add(device.id)
      void this.approve(device.id)
      return
    }
    this.pending.delete(device.id)
    if (state === 'unwanted')
      this.note(
        `the gateway refuses logins (${reason}): open its enrolment (enrolment.open), ` +
          'or check --network and the devices’ state',
      )
    else if (state !== 'active')
      this.note(`the gateway says ${state}: ${reason ?? 'no reason given'}`)
  }

  private async approve(id: string): Promise<void> {
    const { operator } = this.options
    const member = this.byId.get(id)!
    if (operator === undefined) {
      this.explainApproval(id, member)
      return
    }
    if (this.approvals.has(id)) return
    this.approvals.add(id)
    const leave = await this.approving.enter()
    try {
      // On serial the proof may still be on its way when the device says that it has sent it.
      for (let attempt = 0; attempt < approvalTries; attempt++) {
        if (this.stopping.signal.aborted || (await this.tryApprove(operator, member))) return
        await pause(approvalPauseMs, this.stopping.signal)
      }
    } finally {
      this.approvals.delete(id)
      leave()
    }
  }

  /** What the operator has to do where the simulator may not. */
  private explainApproval(id: string, { approval: { owner, cell } }: Member): void {
    if (this.explained.has(id) || this.explained.size >= explainedMax) return
    this.explained.add(id)
    this.note(
      'the gateway wants its operator’s approval; without its token the simulator has none:',
    )
    this.note(`  fieldproof devices approve ${id} --owner ${owner} --cell ${cell} --simulated`)
    if (this.explained.size === explainedMax) this.note('  and so on: fieldproof devices pending')
  }

  private async tryApprove(operator: OperatorApi, member: Member): Promise<boolean> {
    try {
      if (!(await operator.approve(member.device.id, member.approval))) return false
      member.link.approved()
      return true
    } catch (error) {
      this.note(`cannot approve: ${messageOf(error)}`)
      // Away for a moment, perhaps; anything else will not be better the next time.
      return !(error instanceof Failure && error.code === 'unavailable')
    }
  }
}
