/**
 * Plausible signals: a daily cycle, weather that neighbours share, and the sensor's own noise. A
 * signal is a function of place and time alone, so it does not matter who asks first, or how often.
 */
import type { MetricName } from '../gateway/core/metric.js'
import { metricByName } from '../gateway/core/metric.js'
import { decimalOf } from '../gateway/core/senml/decimal.js'
import type { Value } from '../gateway/core/senml/pack.js'
import { labelHash, mix } from './random.js'

/** Where a virtual sensor stands. Neighbours have the same `weather`. */
export interface Place {
  weather: number
  sensor: number
}

/** The place of a device in a cell, under a run's seed. */
export function placeOf(seed: string, cell: string, device: string): Place {
  return {
    weather: labelHash(`${seed}\nweather\n${cell}`),
    sensor: labelHash(`${seed}\n${device}`),
  }
}

const hourSec = 3_600
const daySec = 86_400

/** What each kind of sensor resolves: digits after the point. */
const decimals: Readonly<Record<MetricName, number>> = {
  temperature: 2,
  humidity: 1,
  pressure: 1,
  co2: 0,
  illuminance: 1,
  wind_speed: 1,
  pm1: 1,
  pm25: 1,
  pm10: 1,
  noise: 1,
  battery: 3,
  rain: 1,
}

/** In [-1, 1], fixed by a place and an integer. */
function knot(key: number, at: number): number {
  return mix(key, at) / 2 ** 31 - 1
}

/** Smooth noise in [-1, 1]: knots every `periodSec`, eased between them. */
function smooth(key: number, sec: number, periodSec: number): number {
  const at = Math.floor(sec / periodSec)
  const part = sec / periodSec - at
  const eased = part * part * (3 - 2 * part)
  return knot(key, at) * (1 - eased) + knot(key, at + 1) * eased
}

/** Weather in about [-1, 1]: fronts over half a day, and what passes within the hour. */
function weather(place: Place, channel: number, sec: number): number {
  const key = mix(place.weather, channel)
  return 0.75 * smooth(key, sec, 12 * hourSec) + 0.25 * smooth(key + 1, sec, hourSec)
}

/** White noise of the sensor, roughly normal, standard deviation 1, at most 3.5. */
function white(place: Place, channel: number, sec: number): number {
  let sum = 0
  for (let i = 0; i < 4; i++) sum += knot(mix(place.sensor, channel, i), sec)
  return sum * 0.866
}

/** -1 at night, 1 at `peakHour` (UTC). */
function daily(sec: number, peakHour: number): number {
  return Math.cos((2 * Math.PI * (sec - peakHour * hourSec)) / daySec)
}

function temperature(place: Place, sec: number): number {
  return 11 + 5 * daily(sec, 14) + 4 * weather(place, 1, sec)
}

function fineDust(place: Place, sec: number): number {
  const rush = Math.max(0, daily(sec, 8)) ** 4 + Math.max(0, daily(sec, 18)) ** 4
  return 8 * Math.exp(0.8 * weather(place, 2, sec)) + 6 * rush
}

function daylight(sec: number): number {
  return Math.max(0, daily(sec, 12) + 0.15)
}

type Signal = (place: Place, sec: number) => number

const signals: Readonly<Record<MetricName, Signal>> = {
  temperature: (place, sec) => temperature(place, sec) + 0.05 * white(place, 1, sec),
  humidity: (place, sec) =>
    70 - 2.5 * (temperature(place, sec) - 11) + 10 * weather(place, 3, sec) + white(place, 3, sec),
  pressure: (place, sec) => 101_325 + 1_200 * weather(place, 4, sec) + 6 * white(place, 4, sec),
  co2: (place, sec) =>
    480 +
    250 * Math.max(0, daily(sec, 20)) +
    60 * weather(place, 5, sec) +
    5 * white(place, 5, sec),
  illuminance: (place, sec) =>
    daylight(sec) * (30_000 + 22_000 * weather(place, 6, sec)) * (1 + 0.02 * white(place, 6, sec)),
  wind_speed: (place, sec) =>
    3.5 * Math.exp(0.9 * weather(place, 7, sec)) + 0.5 * white(place, 7, sec),
  pm1: (place, sec) => 0.7 * fineDust(place, sec) + 0.3 * white(place, 8, sec),
  pm25: (place, sec) => fineDust(place, sec) + 0.4 * white(place, 9, sec),
  pm10: (place, sec) => 1.7 * fineDust(place, sec) + 0.9 * white(place, 10, sec),
  noise: (place, sec) => 46 + 9 * daily(sec, 15) + 2 * white(place, 11, sec),
  battery: (place, sec) => 3.9 + 0.15 * daily(sec, 16) + 0.004 * white(place, 12, sec),
  rain: (place, sec) => Math.max(0, weather(place, 3, sec) - 0.35) * 4,
}

/** What a sensor reads then: in the metric's range, with the digits that such a sensor has. */
export function measure(metric: MetricName, place: Place, sec: number): Value {
  const row = metricByName(metric)!
  const value = Math.min(row.max, Math.max(row.min, signals[metric](place, sec)))
  return { metric, time: sec, value: decimalOf(value, decimals[metric]) }
}
