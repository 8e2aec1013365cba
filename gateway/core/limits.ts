/**
 * Every limit of the gateway on one page, each with its reason. Names end in their unit.
 * Relations between limits are asserted in test/core/limits.test.ts.
 */

/** A signed message; PROTOCOL 2.1. One Ethernet frame of 1,500 holds most, two hold all. */
export const messageBytesMax = 2048
/** Nesting of CBOR items; a reading needs 5 (tag > array > map > tag > array). */
export const cborDepthMax = 6
/** Records in one pack; what 2,048 bytes hold when every record is as short as can be. */
export const recordsMax = 64
/** A sequence number fits in a JavaScript number and in JSON. */
export const seqMax = Number.MAX_SAFE_INTEGER
/** How far below the highest accepted sequence a new one may be: two packs of radio buffers. */
export const windowSize = 64
/** Age a record may have: a week of buffering in a dead spot. */
export const ageSecMax = 7 * 86_400
/** How far a board's clock may run ahead. */
export const skewSecMax = 120
/** Offset of a record from the pack's base time. */
export const offsetSecMax = 604_800
/** Exponents of decimal fractions go from here to -1: a billionth is finer than any sensor. */
export const decimalExponentMin = -9
/** Times below this are "relative to now" in SenML (RFC 8428 section 4.5.3). */
export const absoluteTimeMin = 2 ** 28

/** A serial line from `$` to CRLF; the smallest boards buffer one. */
export const lineCharsMax = 1024
/** A sentence without its CR LF. */
export const sentenceCharsMax = lineCharsMax - 2
/** What is shown of a board's log line; no longer than a sentence, see core/frame/lineGuard.ts. */
export const logBytesMax = sentenceCharsMax

/** Journal group commit: whichever comes first. 20 ms is below what a person or a board notices. */
export const commitDelayMsMax = 20
export const commitMessagesMax = 256
/** A journal entry: the largest signed message (an epoch record is smaller). */
export const entryBytesMax = messageBytesMax
/**
 * A record of releases or credits: a row with a bit for each of 65,000 devices, or a charge over 64
 * cells, with room to spare; 64 of the largest fit one commit.
 */
export const recordBytesMax = 16 * 1024
/** Records of one commit: 256 of the largest twice over, in one buffer that is kept. */
export const commitBytesMax = 1024 * 1024
/** A journal segment: small enough to copy, large enough that a year has few files. */
export const segmentBytesMax = 64 * 1024 * 1024
/** A segment ends after a day: retention drops whole segments, and a small fleet fills none. */
export const segmentHoursMax = 24
/** A signed note: C2SP asks for at least 16 signatures, of which post-quantum ones take 7 kB each. */
export const noteBytesMax = 256 * 1024
export const noteSignaturesMax = 64
/** A trust policy (C2SP tlog-policy): 64 lines of each kind, twice what it asks programs to take. */
export const policyBytesMax = 64 * 1024
export const policyEntriesMax = 64
/** Hashes of a consistency proof in an add-checkpoint request (C2SP tlog-witness). */
export const witnessProofMax = 63
/** A broker sends what it retains with the grant; this is for one on a slow link. */
export const mqttRetainedMsMax = 1_000
/** A witness's answer: it checks a path and writes one file. Longer, and it is away. */
export const witnessAnswerMsMax = 5_000
/** Some lines of signatures, post-quantum ones among them. */
export const witnessAnswerBytesMax = 64 * 1024
/** Wait before a witness is asked again: doubles from the first to the second. */
export const witnessBackoffMsMin = 250
export const witnessBackoffMsMax = 60_000
/** Checkpoints for which cosignatures are taken: witnesses lag by one or two. */
export const witnessRecentMax = 4
/** A proof waits for cosignatures: a witness on another continent answers in a quarter of it. */
export const witnessProofWaitMs = 2_000
/** Wait for witnesses when the gateway stops; the whole stop takes about a second. */
export const witnessStopMsMax = 300
/** Wait for all witnesses when the gateway starts; who is slower is asked later. */
export const witnessStartMsMax = 2_000
/** Kept evidence of one log: the first shows that it forked, some more show how. */
export const forksPerLogMax = 16
/** Evidence of a fork: two notes, a path, and their JSON. */
export const forkBytesMax = 3 * noteBytesMax
/** A proof file: its message, a checkpoint and paths of at most 53 hashes, several times over. */
export const proofFileBytesMax = 1024 * 1024
/** A tree of fewer than 2^53 leaves is at most 53 levels high. */
export const proofPathMax = 53
/** Key changes of one device: one a month for ten years. */
export const proofRotationsMax = 120
/** A checkpoint covers every entry within this time; PROTOCOL 6.1. */
export const checkpointDelayMsMax = 5_000

/** Messages waiting for judgement before new ones are answered `overloaded`: about one second's work. */
export const intakeQueueMax = 8_192
/** Messages handed to a verifier thread at once: amortises the hand-over, stays under 10 ms of work. */
export const verifyBatchMax = 64

/** MQTT packets, refused before they are buffered; PROTOCOL 5. */
export const devicePacketBytesMax = 4_096
export const buyerPacketBytesMax = 16_384
/** Messages of one device in flight; PROTOCOL 5. */
export const inFlightMax = 128
/** Connections of the embedded broker: 1,000 devices and buyers on one small machine, twice over. */
export const connectionsMax = 2_048
/** Connections from one address before login, so that one host cannot take them all. */
export const connectionsPerAddressMax = 1_100

/** Candidates waiting for approval; PROTOCOL 2.3. */
export const pendingMax = 100
export const pendingHoursMax = 24
/** Age of a connect token's `exp` at most; PROTOCOL 2.3. */
export const connectTokenSecMax = 3_600

/** A configuration file: the whole table with comments is 6 kB. */
export const configBytesMax = 65_536

/** A message on a serial line, so that `$FPRD,255,<b64u>*<CRC>` and CRLF fit; PROTOCOL 4. */
export const serialMessageBytesMax = 755
/** Lines of one board being judged; a window of 4 and their repetitions (PROTOCOL 4), four times over. */
export const serialInFlightMax = 16
/** Bytes waiting to be written to one port, 1.4 s at 115200 Bd: a board that does not read loses answers, not us memory. */
export const serialWriteBytesMax = 16_384
/** Serial ports served at once: a rack of hubs, far below the file descriptors of a process. */
export const serialPortsMax = 64
/** Time between two looks for new ports: a person who plugs in a board sees it at once. */
export const serialScanMs = 3_000
/** `$FPID?` after opening a port until a valid line comes; PROTOCOL 4. */
export const serialProbeMs = 2_000
/** Silence after which a board is probed again; PROTOCOL 4. */
export const serialSilenceMs = 60_000
/** First and longest wait before a port is opened again; with the attempt itself within 5 s (PROTOCOL 4). */
export const serialReopenMsMin = 250
export const serialReopenMsMax = 4_000
/** Time between two questions to the driver whether the port is still there (see adapters/serial/port.ts). */
export const serialHealthMs = 1_000
/** Time in which a board that was asked for its enrolment answers, signature included, before it is asked again. */
export const serialEnrolMs = 5_000
/** Times that a board is asked for its enrolment after one hello. */
export const serialEnrolTriesMax = 5
/**
 * Hellos, time queries and enrolments of one board: each costs a signature or a write. A start and an
 * approval take about six at once; what is beyond three such is no board.
 */
export const serialRarePerSecMax = 20
/** Lines of a board's own log that are shown: what a person can read. */
export const serialLogPerSecMax = 20
/** Characters shown of one such line. */
export const serialLogCharsMax = 256
/** Bytes after which a port that never sent a valid line is judged to be noise: a few lines' worth. */
export const serialNoiseBytesMin = 256
/** A port whose board has no key is left alone so long, so that `fieldproof provision` can have it. */
export const serialUnkeyedMs = 5_000
/** `fieldproof provision`: a person looks for the cable; a board starts, and signs; a gateway lists it. */
export const provisionPlugMs = 60_000
export const provisionBoardMs = 20_000
export const provisionListMs = 30_000
/** Wait for answers that are still due when a port is closed; the whole stop takes under a second. */
export const serialCloseMs = 500
/** Cells are registered at this H3 resolution (5 km2) or coarser; PROTOCOL 7. */
export const cellResolutionMax = 7
/** Texts by which a device describes itself (model, firmware): one line on a screen, one serial field. */
export const modelBytesMax = 32
export const firmwareCharsMax = 32
/** A nonce in an enrolment proof: what the gateway draws, and room for other gateways. */
export const enrolNonceBytesMax = 32
/** Reporting interval that an operator may set: a second to a day. */
export const intervalSecMin = 1
export const intervalSecMax = 86_400
/** Keys a device may have had: one rotation a month for twenty years; bounds the fold's memory. */
export const keysPerDeviceMax = 256

/** Rows that one read of the embedded database hands over: under a millisecond of work. */
export const levelRowsPerRead = 512
/** Rows of the sequence index put into one batch before the loop has its turn: about a millisecond. */
export const levelPutsPerTurn = 512
/** Points put into one batch before the loop has its turn: about a millisecond. */
export const levelPointsPerTurn = 256
/** Ends of series held in memory, about 400 bytes each: 1,000 devices with all twelve metrics. */
export const seriesTailsMax = 16_384
/** Ends of series read at once after a start: leaves threads of the pool to the journal. */
export const seriesLoadsMax = 8
/** One write to the series store: what a small machine takes in well under a second, about 1 MB. */
export const projectBatchEntriesMax = 2_048
export const projectBatchPointsMax = 8_192
/** Wait before a batch that would not be full: no person notices, and a trickle costs few writes. */
export const projectGatherMs = 100
/** Entries and values decoded in one turn of the loop: about a millisecond. */
export const projectSliceItems = 64
/**
 * From so many readings waiting for a verdict on, a millisecond's work for each of two threads, the
 * projector leaves the processor to them, but for one turn in each of these pauses.
 */
export const projectBusyMessages = 24
export const projectYieldMs = 16
/** Waits between attempts while the series store is away. */
export const projectRetryMsMin = 250
export const projectRetryMsMax = 30_000
/** Time given to the batch under way when the gateway stops; its cursor is durable without it. */
export const projectStopMs = 300
/** Records of releases read for one write of the mirror: some 500 bytes each. */
export const mirrorBatchRecordsMax = 1_000
/** Devices whose highest sequence the projector holds; beyond, it asks the sequence index again. */
export const replayDevicesMax = 16_384
/** Readings whose values the projector holds for messages out of order: two windows, at most 1 MB. */
export const replayRecentMax = 128
/** One write request to InfluxDB: building its text holds the loop for some milliseconds. */
export const influxBatchPointsMax = 1_000
export const influxBatchBytesMax = 128 * 1024
/** Time for one request to InfluxDB; its own limit for a write is 10 s. */
export const influxRequestMsMax = 15_000
/** Raw values are kept this long; PROTOCOL 10. */
export const rawRetentionDays = 30
/** The file of points that a store refuses for ever: 100,000 of them, more than anyone reads. */
export const deadLetterBytesMax = 16 * 1024 * 1024
/** Unix seconds at which series end, in the year 2262: InfluxDB counts nanoseconds in 64 bits. */
export const seriesTimeMax = 9_223_372_036
/** Device and metric names in a store; what no store needs to escape, and far above 13 characters. */
export const seriesNameCharsMax = 64

/** From TCP accept to CONNACK, login included: a board on a slow link needs 3 s, a slow loris gets no more. */
export const mqttConnectMsMax = 10_000
/** A peer that takes nothing from its socket for this long is dropped: it would hold memory for ever. */
export const mqttDrainMsMax = 10_000
/** What may wait for one slow peer: sixteen of the largest answers. More, and it is dropped at once. */
export const mqttBacklogBytesMax = 1_048_576
/** Silence allowed to a session that asked for no keep-alive, or for a longer one. */
export const mqttKeepAliveSecMax = 7_200
/** Granted filters of one session: a buyer's 20 subscriptions and its own topics. */
export const mqttFiltersMax = 32
/** Messages of a candidate or a buyer in flight: neither has a reason to pipeline. */
export const mqttInFlightOtherMax = 8
/** A presence message or Will; the protocol's own has about 40 bytes. */
export const presenceBytesMax = 256
/** Devices whose presence is remembered; at an external broker anybody may invent some. */
export const presenceDevicesMax = 16_384
/** Ports tried after a taken one, where the configuration allows another. */
export const portSearchMax = 64
/** Reporting interval where the operator set none; PROTOCOL 10. */
export const intervalSecDefault = 60

/** A request to the operator's API: an approval has 300 bytes. */
export const httpBodyBytesMax = 16_384
/** Windows of a block of published rows in memory: most of a day of PT15M, read at once. */
export const rowBlockWindows = 64
/** Blocks of one range: a day of minutes, more than a request may name. Longer ones are not kept. */
export const rowBlocksPerRange = 24
/** Published rows in memory, about a kilobyte each: a day of PT15M of 200 cells. */
export const rowsKeptMax = 20_000
/** Rows in one answer: 1 MB of JSON, a tenth of a second of work. */
export const httpRowsMax = 10_000
/** Connections to the HTTP face: every buyer's verifier and a wall of dashboards. */
export const httpConnectionsMax = 512
/** Request line and headers; a slow sender would hold a connection. */
export const httpHeadersMsMax = 5_000
/** A whole request with its body. */
export const httpRequestMsMax = 10_000
/** A connection between two requests; below the usual minute of proxies is safe here, they reopen. */
export const httpKeepAliveMs = 5_000
/** An answer of the API: a proof waits for a checkpoint, and that is due within 5 s. */
export const httpAnswerMsMax = 15_000
/** Proofs under way for people without the token: each reads some tiles and may wait 5 s. */
export const publicProofsMax = 16
/** `/metrics` may be asked by anyone; it is made anew at most this often. */
export const metricsAgeMsMax = 1_000
/** Live views at once. */
export const sseClientsMax = 32
/** Events that wait for one slow live view, about 100 kB. */
export const sseBacklogMax = 256
/** A comment on a silent stream: below the 30 to 60 s after which proxies give up. */
export const sseKeepAliveMs = 15_000
/** Wrong tokens from one address before it has to wait, the time it waits, and addresses remembered. */
export const loginFailuresMax = 10
export const loginWindowMs = 60_000
export const loginAddressesMax = 1_024
/** A browser that is not used for so long has to sign in again; one in use is renewed each day. */
export const sessionMsMax = 30 * 86_400_000
export const sessionRenewMs = 86_400_000
/** Sessions that were left by hand and would still be good: one a day for years. */
export const sessionsLeftMax = 1_024
/** A link that signs in: long enough to read a terminal, too short to find in an old log. */
export const loginLinkMsMax = 15 * 60_000
/** Links that nobody has used yet. */
export const loginLinksMax = 64
/** Epochs that one view of earnings covers, some 100 bytes for each owner in each: three months of days. */
export const earningsEpochsMax = 100
/** Epochs of which one device's losses are worked out at once: reads each whole statement. */
export const deviceEpochsMax = 30
/** Rings of cells around a place on the map: 91 cells. */
export const mapRingsMax = 5
/** Messages of an external broker in flight: a group commit's worth several times over. */
export const mqttExternalInFlightMax = 1_024
/** Wait before the next attempt at an external broker: doubles from the first to the second. */
export const mqttBackoffMsMin = 250
export const mqttBackoffMsMax = 15_000
/** Messages kept for an external broker that is away, retained ones apart. */
export const mqttOutboxMax = 1_024

/** Kept proofs of equivocation: some 20,000, more than any operator reads. */
export const evidenceBytesMax = 8 * 1024 * 1024
/** The same while they wait to be written. */
export const evidenceWaitingMax = 256

/** A command's wait for the gateway: longer than any answer may take (`httpAnswerMsMax`). */
export const commandAnswerMsMax = 20_000

/** Free space below which `doctor` warns: a month of 100 devices that report each minute, and half. */
export const doctorFreeBytesMin = 1024 ** 3
/** `doctor` waits this long for each service it asks. */
export const doctorWaitMs = 3_000
/** 2026-01-01: a clock before this project's first release is wrong. */
export const clockMsMin = Date.UTC(2026, 0, 1)

/** Nesting of canonical JSON: a contribution row needs 2, an answer to a buyer 5. */
export const jsonDepthMax = 16
/** Decimals of a number in an aggregate row (PROTOCOL 7): the finest grid has 1, widths need a few. */
export const jsonDecimalsMax = 4
/** Amounts in base units stay below 2^256, as in the chain's uint256: 78 decimal digits. */
export const amountDigitsMax = 78

/** Epochs closed with one cut after an outage: a batch of files to sync, under 1 MB in the journal. */
export const epochsPerCutMax = 64
/** Epoch records that a broker holds (PROTOCOL 5, `pub/epoch/<n>`). */
export const epochsRetainedMax = 24
/** One answer of a chain's node; public ones take seconds when they are busy. */
export const chainAnswerMsMax = 15_000
/** The longest answer that is asked for is a block without its transactions: some 20 kB. */
export const chainAnswerBytesMax = 1024 * 1024
/** Wei per gas offered where a node cannot say what is usual: 1 gwei. */
export const chainPriorityFeeDefault = 1_000_000_000n
/** Looks at a transaction that waits: a block takes 12 s on Ethereum, less elsewhere. */
export const chainPollMs = 4_000
/** Wait of a command for its transaction: on a busy chain a cheap one takes minutes. */
export const chainReceiptMsMax = 600_000
/** Waits between attempts while the chain is away or the contract refuses. */
export const chainRetryMsMin = 1_000
export const chainRetryMsMax = 60_000
/** A transaction that was not mined for so long offers more. */
export const chainBumpMs = 120_000
/** By so much more: nodes replace a waiting transaction from 10 % on; 30 % gets there sooner. */
export const chainBumpPercent = 30n
/** Transactions signed for one nonce: thirteen-fold the first fee, or 20 minutes of full blocks. */
export const chainReplacementsMax = 10
/** Roots of a distributor that are compared at once: as many as can wait for their activation. */
export const chainRootsComparedMax = 1_024
/** Hashes in the proof of an account: a tree of 2^64 leaves is higher than any. */
export const payoutProofMax = 64
/** A rewards.json that a claim reads: 100,000 accounts with their proofs are 140 MB. */
export const rewardsBytesMax = 256 * 1024 * 1024
/** Time between two looks at a chain on which nothing is to be published: a wrong root is seen in it. */
export const chainWatchMs = 600_000
/** Looks at a nonce that is used up, without a receipt of ours, until the transaction is given up. */
export const chainLostLooks = 5
/** A signed redirect is sent at once; this is for a busy chain. */
export const redirectSecMax = 3_600
/** Roots that `chain show` lists: what fits a screen. */
export const chainRootsShownMax = 20

/** A published file that a command reads: the claims of a million accounts would be twice as much. */
export const publishedBytesMax = 512 * 1024 * 1024
/** Differences of one check that an audit prints; all of them are in its JSON. */
export const auditShownMax = 20
/**
 * Between the end of an epoch and the cut of its entries, and between the judgement of a reading and
 * its entry: both take milliseconds, and a machine that swaps takes seconds.
 */
export const receiptGraceSec = 60

/** Candidates of a released median: a day of rows costs a second, and bounds keep 0.4 % of detail. */
export const candidatesMax = 256
/** Numerator and denominator of an epsilon: 9 digits, so that sums over a day stay short. */
export const epsilonTermMax = 999_999_999
/** Epsilon that one owner spends in one UTC day on one metric, and on all of them (PROTOCOL 7.5). */
export const epsilonPerMetric = 1
export const epsilonPerDay = 4
/** Half widths that are remembered, one for each size of a node and kind of row: some hundred bytes each. */
export const halfWidthsMax = 1_000
/** Resolutions that an aggregate row may name: from a town's quarter to a small country. */
export const labelResolutionMin = 3
/** Owners behind a row that is called k-anonymous: with two, each would know the other's value. */
export const anonymityMin = 3
/** Released counts of owners are rounded down to a multiple of this. */
export const ownersRounding = 5
/** An owner counts to k from this day of its own on, or a gateway's first week would release nothing. */
export const ownerCountsFromDay = 8
/** Bytes of a row's salt: nobody finds the value of a row by trying values against its hash. */
export const saltBytes = 16
/** A row is about 300 characters; its numbers and texts are all bounded. */
export const aggregateRowCharsMax = 512
/** Window starts have ten digits (2001 to 2286), so keys in text order are in the order of time. */
export const windowTimeMin = 1_000_000_000
export const windowTimeMax = 9_999_999_999
/** An answer file: a month of hours of 64 cells is 30 million characters with its proofs, and twice that. */
export const answerFileCharsMax = 64 * 1024 * 1024
/** A buyer's program asks again, with the same id, when no answer came for so long. */
export const queryAnswerMsMax = 20_000
/** Attempts at one answer, connections that were lost among them. */
export const queryTriesMax = 5
/** Wait between two attempts: doubles from this on. */
export const queryBackoffMsMin = 250
/** A live subscription may have ended on the gateway's side: it is asked this often. */
export const queryLiveLookMs = 30_000
/** A login by wallet: time for a person to read and sign, and no longer. */
export const walletChallengeSec = 300
/** Challenges out at once: each holds a connection that has no name yet. */
export const challengesMax = 64
/** Signatures tried a second, over all guests: each takes some 5 ms. */
export const walletChecksPerSecond = 4
/** A session token is good for a day, as long as a live subscription. */
export const walletSessionSec = 86_400
/** Session tokens at once; beyond, the oldest one goes. */
export const walletSessionsMax = 10_000
/** Longest wait between the end of a window and its publication. */
export const publicationDelaySecMax = 900
/**
 * Rows are published at P and a multiple of this, ms: longer than a draw takes, so that its length,
 * which depends on what was drawn, does not show.
 */
export const publicationLagMs = 2_000
/** So long before P most of a slot is read, seconds: a day of a thousand devices takes half a minute. */
export const slotLeadSecMax = 180

/** A buyer's request (PROTOCOL 8): 64 cells are 1.2 kB; the packet that brings it is as large at most. */
export const requestBytesMax = 16 * 1024
/** A message to a buyer (PROTOCOL 8): some 200 rows with their proof; a page is shortened to it. */
export const answerBytesMax = 64 * 1024
/** Rows of a page (PROTOCOL 8), and of one that names no limit: a day of PT15M. */
export const pageRowsMax = 500
export const pageRowsDefault = 100
/** Windows of a query: 31 d at PT1H (PROTOCOL 8), and as many at every other step but P1D. */
export const queryWindowsMax = 744
/** Windows of a query at P1D (PROTOCOL 8). */
export const queryDaysMax = 366
/** Cells of a query (PROTOCOL 8). */
export const queryCellsMax = 64
/** Sessions of one buyer at once: a script that asks beside some that listen. */
export const buyerSessionsMax = 8
/** Live topics of a buyer (PROTOCOL 8). */
export const subscriptionsMax = 20
/** A live subscription ends after this (PROTOCOL 8). */
export const subscriptionMsMax = 86_400_000
/** For so long an id names one request (PROTOCOL 8). */
export const answerKeptMs = 600_000
/** Bytes of an export in one chunk (PROTOCOL 8): 64,000 characters of b64u, which fit an answer. */
export const exportChunkBytesMax = 48_000
/** Exports under way at once: each holds a day of rows, at most 27 MB. */
export const exportsMax = 4
/** Elements of one range proof: the shortest has 600 characters, so more never fit an answer. */
export const proofElementsMax = 128
/** Rows of epochs whose trees are held for proofs, some 300 bytes each. */
export const rowTreeRowsMax = 131_072
/** Epoch records held for proofs, under 2 kB each: a year of days twice. */
export const epochRecordsMax = 1_024
/** Credits of a buyer, and of one operation on them: balances are JSON numbers. */
export const creditsMax = Number.MAX_SAFE_INTEGER
/** Credits for a row that an operator may ask: a thousand times what anybody pays. */
export const priceMax = 1_000_000
/** Buyers of a gateway: each is held in memory with what it asked in the last minutes. */
export const buyersMax = 10_000
/** Cells that a buyer may be held to; each is compared with each cell asked for. */
export const buyerCellsMax = 64
/** Records of the ledger between two snapshots: a start reads them in some milliseconds. */
export const ledgerSnapshotRecords = 4_096

/** How often `fieldproof watch` asks for the state, and looks for a gateway that went away. */
export const watchStatusMs = 2_000
export const watchRetryMs = 1_000
/** A newest backup that is older shows that the nightly ones fail. */
export const backupAgeMsMax = 36 * 3_600_000
/** How often the nightly backup looks at the clock. */
export const backupLookMs = 30_000
/** No backup is begun sooner after a start: devices come back all at once then. */
export const backupStartMs = 60_000
/** Before a backup that failed is tried again: a disk that was full is rarely empty sooner. */
export const backupRetryMs = 900_000

/** Least time after which a sensor without a value has none in Home Assistant: a board's restart. */
export const homeExpirySecMin = 300
/** Births of Home Assistant within this time are answered once. */
export const homeBirthMsMin = 500
/** Between attempts to reach Home Assistant's broker. */
export const homeReconnectMs = 5_000
/** Time given to that broker to take the last message when the gateway stops. */
export const homeStopMsMax = 500
