/**
 * MQTT discovery of Home Assistant (https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery):
 * one retained JSON text for each sensor under `<prefix>/sensor/<object id>/config`.
 */
import { homeExpirySecMin } from '../../core/limits.js'
import { type MetricName, metricByName } from '../../core/metric.js'
import type { HomeDevice } from '../../ports/home.js'

/** Where a gateway publishes for its home automation: all below one folder of its own. */
export interface HomeTopics {
  /** Birth of Home Assistant: it asks for everything again. */
  birth: string
  /** `online`, or `offline` from the Will: of the gateway. */
  gateway: string
  availability(device: string): string
  value(device: string, metric: string): string
  config(device: string, metric: string): string
}

export function homeTopics(prefix: string, gatewayId: string): HomeTopics {
  const base = `fieldproof/${gatewayId}`
  return {
    birth: `${prefix}/status`,
    gateway: `${base}/status`,
    availability: (device) => `${base}/${device}/status`,
    value: (device, metric) => `${base}/${device}/${metric}`,
    config: (device, metric) => `${prefix}/sensor/fieldproof_${device}_${metric}/config`,
  }
}

interface Shape {
  name: string
  /** https://www.home-assistant.io/integrations/sensor/#device-class */
  deviceClass: string
  unit: string
}

/** Names, classes and units that Home Assistant knows; values are the same numbers in all of them. */
const shapes: Readonly<Record<MetricName, Shape>> = {
  temperature: { name: 'Temperature', deviceClass: 'temperature', unit: '°C' },
  humidity: { name: 'Humidity', deviceClass: 'humidity', unit: '%' },
  pressure: { name: 'Pressure', deviceClass: 'atmospheric_pressure', unit: 'Pa' },
  co2: { name: 'CO2', deviceClass: 'carbon_dioxide', unit: 'ppm' },
  illuminance: { name: 'Illuminance', deviceClass: 'illuminance', unit: 'lx' },
  wind_speed: { name: 'Wind speed', deviceClass: 'wind_speed', unit: 'm/s' },
  pm1: { name: 'PM1', deviceClass: 'pm1', unit: 'µg/m³' },
  pm25: { name: 'PM2.5', deviceClass: 'pm25', unit: 'µg/m³' },
  pm10: { name: 'PM10', deviceClass: 'pm10', unit: 'µg/m³' },
  noise: { name: 'Noise', deviceClass: 'sound_pressure', unit: 'dB' },
  battery: { name: 'Battery', deviceClass: 'voltage', unit: 'V' },
  rain: { name: 'Rain', deviceClass: 'precipitation', unit: 'mm' },
}

/** After how many seconds without a value a sensor has none: three readings missed. */
export function expirySec({ intervalSec }: Pick<HomeDevice, 'intervalSec'>): number {
  return Math.max(homeExpirySecMin, 3 * intervalSec)
}

/** The text that makes a sensor of one metric of a device. */
export function discoveryOf(
  device: HomeDevice,
  metric: MetricName,
  topics: HomeTopics,
  { gatewayId, version }: { gatewayId: string; version: string },
): string {
  const { name, deviceClass, unit } = shapes[metric]
  return JSON.stringify({
    name,
    unique_id: `fieldproof_${device.id}_${metric}`,
    device_class: deviceClass,
    state_class: 'measurement',
    unit_of_measurement: unit,
    suggested_display_precision: metricByName(metric)?.decimals ?? 1,
    ...(metric === 'battery' ? { entity_category: 'diagnostic' } : {}),
    state_topic: topics.value(device.id, metric),
    availability: [{ topic: topics.gateway }, { topic: topics.availability(device.id) }],
    availability_mode: 'all',
    expire_after: expirySec(device),
    device: {
      identifiers: [`fieldproof_${device.id}`],
      name: `${device.model} ${device.id}`,
      manufacturer: 'FieldProof',
      model: device.model,
      sw_version: device.firmware,
      serial_number: device.id,
      via_device: `fieldproof_${gatewayId}`,
    },
    origin: { name: 'FieldProof', sw_version: version },
  })
}
