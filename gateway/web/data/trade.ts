/**
 * A buyer at this page: asks and listens over MQTT like any other buyer (PROTOCOL 8), so that what is
 * bought here is charged, bounded and proved like everywhere else. The gateway knows no session of it.
 */
import type { CatalogItem } from '../../core/market/catalog.js'
import { readAggregateRow } from '../../core/privacy/row.js'
import { getJson } from './api.js'
import { MqttFailure, type MqttSession, openMqtt } from './mqtt.js'
import type { GatewayName, Store } from './store.js'
import { emptyTrade, liveOf, takeMeter, takeRow } from './tradeModel.js'

/** Of an answer, what this page reads. */
export interface AnswerJson {
  id: string
  ok: boolean
  items?: unknown[]
  topics?: string[]
  quote?: { rows: number; cost: number }
  page?: { next: string | null }
  epoch?: { n: number; from: number; to: number }
  account?: { metrics: string[]; cells?: string[]; subscriptions: string[] }
  problem?: { detail: string }
  meter?: { cost: number; balance: number }
}

export interface Trade {
  /** Why not, where it was refused. */
  signIn(name: string, token: string): Promise<string | undefined>
  signOut(): void
  /** The answer to a request without `v` and `id`. Rejects with an Error that says why not. */
  ask(request: object): Promise<AnswerJson>
  /** Every row of these cells from now on, until they have cost so much. */
  watch(item: CatalogItem, cells: readonly string[], maxCost: number): Promise<void>
  unwatch(item: CatalogItem): Promise<void>
}

const askMsMax = 20_000
/** Answers that tell the balance are asked for at most so often while rows arrive. */
const accountEveryMs = 1_500
/** Below the root, retained. */
const catalogTopic = 'pub/catalog'
/** Epochs close, and live rows may have ended. */
const refreshEveryMs = 30_000
/** Of this tab alone, so that a reload need not ask again. */
const keptAs = 'fieldproof-buyer'

export function createTrade(store: Store): Trade {
  const { model } = store
  let mqtt: MqttSession | undefined
  let root = ''
  let count = 0
  const waiting = new Map<string, (answer: AnswerJson) => void>()
  let accountTimer: ReturnType<typeof setTimeout> | undefined
  let refreshTimer: ReturnType<typeof setInterval> | undefined

  function hear(topic: string, payload: string): void {
    const trade = model.trade
    const value: unknown = JSON.parse(payload)
    if (trade === undefined || typeof value !== 'object' || value === null) return
    if (topic.endsWith(`/${catalogTopic}`)) {
      trade.catalog = (value as { items: CatalogItem[] }).items
    } else if ('ok' in value) {
      const answer = value as AnswerJson
      if (answer.meter) takeMeter(trade, answer.meter)
      waiting.get(answer.id)?.(answer)
    } else {
      const row = readAggregateRow(value)
      if (row.ok && takeRow(trade, row.value)) accountTimer ??= setTimeout(account, accountEveryMs)
    }
    store.changed()
  }

  function account(): void {
    accountTimer = undefined
    ask({ op: 'account' }).then(takeAccount, () => undefined)
  }

  function takeAccount({ account }: AnswerJson): void {
    if (model.trade === undefined || account === undefined) return
    model.trade.metrics = account.metrics
    model.trade.live = new Set(account.subscriptions)
    store.changed('now')
  }

  async function refresh(): Promise<void> {
    const [last] = await Promise.all([
      ask({ op: 'epoch' }).catch(() => undefined),
      ask({ op: 'account' }).then(takeAccount),
    ])
    const trade = model.trade
    if (trade === undefined) return
    const to = last?.epoch?.to
    if (to !== undefined) {
      const first = trade.proved?.from ?? (await ask({ op: 'epoch', n: 1 })).epoch?.from ?? to
      trade.proved = { from: first, to }
    }
    store.changed('now')
  }

  function ask(request: object): Promise<AnswerJson> {
    if (mqtt === undefined || model.trade === undefined)
      return Promise.reject(new MqttFailure('Sign in first.'))
    count += 1
    const id = `web-${Date.now().toString(36)}-${count}`
    const { name } = model.trade
    const session = mqtt
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer)
        waiting.delete(id)
        act()
      }
      const fail = (error: unknown): void => settle(() => reject(error))
      const timer = setTimeout(() => fail(new MqttFailure('The gateway gave no answer.')), askMsMax)
      waiting.set(id, (answer) =>
        settle(() =>
          answer.ok
            ? resolve(answer)
            : reject(new MqttFailure(answer.problem?.detail ?? 'Refused.')),
        ),
      )
      session.publish(`${root}b/${name}/req`, JSON.stringify({ v: 1, id, ...request })).catch(fail)
    })
  }

  async function enter(name: string, token: string): Promise<void> {
    const gateway = model.gateway ?? (await getJson<GatewayName>('/gateway.json'))
    root = `fp1/${gateway.network}/`
    const url = `${location.origin.replace(/^http/, 'ws')}/mqtt`
    const clientId = `${name}/web-${Math.random().toString(36).slice(2, 12)}`
    const session = await openMqtt(
      url,
      { clientId, user: name, password: token },
      {
        message: hear,
        closed: () => {
          if (mqtt === session) leave('The connection ended.')
        },
      },
    )
    mqtt = session
    model.trade = emptyTrade(name)
    await session.subscribe(`${root}b/${name}/res/+`)
    // As it grows: an answer has no room for that of a large network.
    await session.subscribe(`${root}${catalogTopic}`)
    await refresh()
    sessionStorage.setItem(keptAs, JSON.stringify({ name, token }))
    refreshTimer = setInterval(() => void refresh().catch(() => undefined), refreshEveryMs)
  }

  /** `why`: told where nobody wanted it. */
  function leave(why?: string): void {
    clearInterval(refreshTimer)
    clearTimeout(accountTimer)
    accountTimer = undefined
    const session = mqtt
    mqtt = undefined
    if (session === undefined) return
    session.close()
    model.trade = undefined
    if (why !== undefined) store.toast({ text: `${why} Live rows have stopped.`, level: 'warn' })
    store.changed('now')
  }

  async function signIn(name: string, token: string): Promise<string | undefined> {
    leave()
    try {
      await enter(name, token)
      return undefined
    } catch (error) {
      leave()
      return error instanceof Error ? error.message : 'The gateway gave no answer.'
    }
  }

  const kept = sessionStorage.getItem(keptAs)
  if (kept !== null) {
    const { name, token } = JSON.parse(kept) as { name: string; token: string }
    void signIn(name, token)
  }

  return {
    ask,
    signIn,
    signOut() {
      sessionStorage.removeItem(keptAs)
      leave()
    },
    async watch({ metric }, cells, maxCost) {
      const { topics = [] } = await ask({ op: 'subscribe', q: { metric, cells }, maxCost })
      // Behind another broker rows come with the answers.
      for (const topic of topics)
        if (topic.startsWith('live/')) await mqtt?.subscribe(`${root}${topic}`)
      account()
    },
    async unwatch({ metric }) {
      const live = liveOf(model.trade, metric)
      if (live.length === 0) return
      const cells = live.map((topic) => topic.split('/')[2])
      await ask({ op: 'unsubscribe', q: { metric, cells } })
      for (const topic of live) await mqtt?.unsubscribe(`${root}${topic}`)
      account()
    },
  }
}
