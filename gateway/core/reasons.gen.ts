// Generated from schemas/reasons.json by schemas/generate.ts; edit the source, then `npm run generate`.
export const reasonTable = [
  {"code":"overloaded","retry":true,"meaning":"too many messages are waiting; nothing was judged"},
  {"code":"malformed","retry":false,"meaning":"size, deterministic CBOR or header shape is wrong"},
  {"code":"unknown-device","retry":false,"meaning":"no approved device has this key id, or it is not the topic's device"},
  {"code":"revoked","retry":false,"meaning":"the device or this key of it has been revoked"},
  {"code":"suspended","retry":false,"meaning":"the operator has suspended the device"},
  {"code":"replayed","retry":false,"meaning":"the sequence number is 64 or more below the highest accepted one"},
  {"code":"bad-signature","retry":false,"meaning":"the signature does not verify under the registered key"},
  {"code":"equivocation","retry":false,"meaning":"another message with this sequence number was already accepted"},
  {"code":"out-of-profile","retry":false,"meaning":"SenML profile, metric, unit or range is wrong"},
  {"code":"bad-time","retry":false,"meaning":"a record's time is more than 7 days old or 120 s ahead"},
  {"code":"frame","retry":true,"meaning":"a serial line does not have the form of its type"},
  {"code":"crc","retry":true,"meaning":"a serial line's check value is wrong"},
] as const
