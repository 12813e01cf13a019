// Words of the ledger in English, after the table of words in docs/architecture.md.
export const STATES = {
  registered: "registered",
  assigned: "assigned",
  "plan-submitted": "plan submitted",
  "plan-approved": "plan approved",
  rectifying: "rectifying",
  "close-requested": "closing asked for",
  verified: "verified by the city",
  "verified-province": "verified by the province",
  publicised: "published",
  closed: "closed",
  "spot-check": "under recheck",
  archived: "archived",
  voided: "voided",
};

export const STAGES = {
  candidate: "to be screened",
  screened: "screened",
  "in-round": "in a round",
  pushed: "pushed",
  accepted: "accepted",
  inspecting: "inspecting",
  confirmed: "confirmed",
  partly: "partly confirmed",
  unfounded: "unfounded",
  duplicate: "duplicate",
  transferred: "transferred",
  "not-reachable": "not reachable",
  voided: "voided",
};

export const ROUND_STATES = { draft: "draft", built: "built", started: "pushed", closed: "closed", cancelled: "cancelled" };

export const ROUND_CAUSES = { "no-leads": "it holds no leads to push", "no-team": "the city has no team", "nobody-on-duty": "nobody is on duty at this moment", "not-built": "not built at its planned start", "too-late": "its planned start is too long ago" };

export const TASK_KINDS = {
  "heavy-pollution": "heavy pollution response",
  "key-enterprises": "key enterprises",
  "self-monitoring": "self-monitoring",
  "loose-coal": "loose coal",
};

export const SEVERITIES = { 1: "notice", 2: "moderate", 3: "high", 4: "grave" };

export const CATEGORIES = {
  exceedance: "exceedance",
  dropout: "data dropout",
  fraud: "data fraud",
  "falsification-sign": "sign of falsification",
  bypass: "bypass",
  "treatment-off": "treatment off",
  emergency: "emergency measures not taken",
  "data-quality": "data quality",
  fire: "straw fire",
  dust: "dust",
  ambient: "ambient air",
  vehicle: "vehicles",
  vapour: "vapour recovery",
  gate: "gates",
  inspection: "vehicle inspection",
  "closed-site": "closed site at work",
  furnace: "furnace temperature",
  other: "other",
};

export const KINDS = {
  enterprise: "enterprise",
  source: "source",
  feed: "feed",
  limit: "limit",
  mark: "mark",
  team: "team",
  "duty-roster": "duty roster",
  person: "person responsible",
  process: "process",
  device: "treatment device",
  vehicle: "vehicle",
  instrument: "portable instrument",
  machine: "non-road machine",
  camera: "camera",
  bypass: "bypass",
  permit: "pollution permit",
  division: "division",
  suppression: "suppression",
  response: "emergency response order",
};

export const CHANNELS = {
  detector: "detected",
  detection: "detected",
  complaint: "12369 complaint",
  satellite: "satellite fire spot",
  "hot-area": "hot grid cell",
  patrol: "patrol",
  transfer: "transfer from another city",
  recheck: "recheck",
  peers: "peers",
};

export const FLAGS = {
  escalated: "escalated",
  "false-rectification": "false rectification",
  rechecked: "rechecked",
  relapsed: "relapsed",
  "repeat-offender": "repeat offender",
  "instant-fix": "instant fix",
  police: "with the police",
  "case-open": "case open",
  "stop-order": "stop or limit ordered",
  "stop-order-in-force": "order in force",
  suspended: "clock stands still",
  "void-proposed": "voiding waits for a second person",
};

export const ROLES = {
  ministry: "ministry",
  province: "province",
  "city-office": "city office",
  "city-team": "inspection team",
  county: "county",
  enterprise: "enterprise",
  auditor: "auditor",
  administrator: "administrator",
  security: "security administrator",
  system: "system",
};

export const MOVES = {
  assign: "Assign",
  reassign: "Assign anew",
  acknowledge: "Acknowledge",
  "submit-plan": "Submit the plan",
  "approve-plan": "Approve the plan",
  "reject-plan": "Return the plan",
  "instant-fix": "Instant fix",
  start: "Start rectifying",
  report: "Report progress",
  "complete-milestone": "Complete a milestone",
  "ask-extension": "Ask for an extension",
  "grant-extension": "Grant the extension",
  "deny-extension": "Deny the extension",
  "request-close": "Ask for closing",
  refuse: "Return for rectification",
  verify: "Verify",
  "verify-province": "Verify for the province",
  publicise: "Publish",
  object: "Object",
  close: "Close",
  draw: "Draw for a recheck",
  "pass-recheck": "Pass the recheck",
  "fail-recheck": "Fail the recheck",
  reopen: "Reopen",
  archive: "Archive",
  relapse: "Relapse",
  "to-enforcement": "Hand over to enforcement",
  "to-police": "Hand over to the police",
  "decide-case": "Decide the case",
  suspend: "Stop the clock",
  resume: "Start the clock again",
  "order-stop": "Order a stop, limit or seal",
  "lift-order": "Lift an order",
  "record-peers": "Record peers",
  remind: "Remind",
  escalate: "Escalate",
  receive: "Acknowledge the supervision",
  "propose-void": "Propose voiding",
  "deny-void": "Keep it, do not void",
  "withdraw-void": "Withdraw the proposal to void",
  void: "Void",
  attach: "Attach evidence",
  note: "Note",
  pass: "Passed by itself",
  screen: "Screen",
  "remind-online": "Remind online (positive list)",
  "mark-duplicate": "Mark as duplicate",
  take: "Take into a round",
  drop: "Take out of the round",
  push: "Push",
  dispatch: "Dispatch directly",
  accept: "Accept",
  inspect: "Start the inspection",
  confirm: "Confirm",
  "confirm-partly": "Confirm partly",
  "propose-unfounded": "Propose unfounded",
  "call-unfounded": "Call unfounded",
  overturn: "Overturn unfounded",
  uphold: "Uphold unfounded",
  transfer: "Transfer to another city",
  "call-not-reachable": "Call not reachable",
  register: "Register",
  merge: "Merge",
  "hand-over": "Handed over",
  build: "Build",
  "carry-out": "Carry out",
  cancel: "Cancel",
};

export const ROUND_MOVES = { build: "Build", start: "Push to the teams", close: "Close the round", cancel: "Cancel", "carry-out": "Leads move with the round", "fail-start": "did not start by itself", note: "Note" };

export const CITY_LETTER_STATES = { draft: "draft", approved: "approved", sent: "sent", received: "received", voided: "voided" };

export const CITY_LETTER_MOVES = { approve: "Approve", send: "Send", receive: "Acknowledge receipt", void: "Void", note: "Note" };

export const PLAN_KINDS = { "city-policy": "city policy", "factory-policy": "factory policy", "emergency-plan": "emergency plan", "peak-staggering": "staggered production" };

export const PLAN_STATES = { drafted: "waits for approval", approved: "approved", returned: "returned", withdrawn: "withdrawn" };

export const PLAN_MOVES = { draft: "Upload of a version", approve: "Approve", return: "Return", withdraw: "Withdraw", note: "Note" };

export const CONDITIONS = { slow: "key tasks are slow", "quarter-missed": "the quarter's target is missed", "final-missed": "the season's target is missed", worsening: "air is poor and gets worse", fraud: "data fraud" };

export const CHANGE_STATES = { proposed: "waits", confirmed: "confirmed", "in-force": "in force", refused: "refused", withdrawn: "withdrawn", lapsed: "lapsed", outdated: "outdated" };

export const CHANGE_MOVES = { propose: "Propose", confirm: "Confirm", refuse: "Refuse", withdraw: "Withdraw", lapse: "Lapse", "carry-out": "In force", outdate: "Outdated" };

export const MATTERS = { grade: "Performance grade", warning: "Start of a warning" };

export const DEVICE_FLAGS = { "clock-ahead": "phone's clock ahead", "clock-behind": "phone's clock behind", "sent-later": "sent later", "back-dated": "back-dated" };

export const ENTRY_KINDS = {
  "start-failed": "did not start by itself",
  registered: "registered",
  received: "received",
  "episode-extended": "episode goes on",
  "episode-closed": "episode ended",
  "online-reminder": "reminded online",
  "became-issue": "became an issue",
  drawn: "drawn for a recheck",
  upheld: "upheld",
  "handed-over": "handed over",
  merged: "merged",
  created: "created",
  changed: "changed",
  voided: "voided",
  noted: "note",
  "change-proposed": "change proposed",
  reminded: "reminded",
  escalated: "escalated",
};

export const SCORE_PARTS = {
  confidence: "confidence",
  recency: "recency (less when found afterwards)",
  area: "key region",
  corroboration: "corroboration by several signals",
  severity: "severity",
  repeat: "repetition",
};

export const STATS = {
  rtd: "real time", avg: "mean", min: "lowest", max: "highest", cou: "amount emitted", "zs-rtd": "real time, converted", "zs-avg": "mean, converted", "zs-min": "lowest, converted", "zs-max": "highest, converted",
};

export const SENDER_EVENTS = { stranger: "stranger", "two-addresses": "two addresses", "packets-missing": "packets missing", activation: "activation", adopted: "frames adopted" };

export const DELIVERY_RESULTS = {
  sent: "received by the other side", status: "the other side answered with an error", errcode: "the other side answered with a code of failure", rejected: "the other side does not take this message", redirect: "sent elsewhere by the other side, not followed", throttled: "the other side asks to slow down", gone: "the other side says the address is gone",
  "time-out": "no answer in time", "no-connection": "no connection", "no-name": "no such domain name", tls: "trouble with the certificate or encryption of the other side", "broken-off": "the connection broke; it may have arrived", "refused-address": "address not allowed or malformed", "no-secret": "a secret is missing, or the channel is not set up", error: "fault inside the notification service",
  "schedule-exhausted": "all tries used up", expired: "past its deadline", "team-voided": "the team is voided", "no-address": "the registered address was taken out", "not-rendered": "the message could not be written", acknowledged: "acknowledged by somebody before it was sent", silenced: "not sent: silenced",
};

export const UNSERVED_STATES = { waiting: "waiting for a team", told: "told later", nobody: "no team until its deadline" };

export const DEVICE_ANSWERS = {
  refused: "refused by the device", "wrong password": "wrong password", "wrong MN": "wrong MN", "wrong ST": "wrong ST", "wrong Flag": "wrong Flag", "wrong QN": "wrong QN", "unknown command": "unknown to the device", "wrong check code": "wrong check code", "unknown reason": "refused by the device, reason unknown",
  failed: "failed", "conditions not met": "conditions not met", timeout: "the device took too long", busy: "the device is busy", "system fault": "fault in the device", "no data": "the device has no data", "unknown result": "the device gave an unknown result",
  "the device was not connected": "the device was not connected", "no answer": "no answer, though sent several times", "records came, the device did not say that it was done": "records came, the device did not say that it was done", "the device accepted and sent nothing": "the device accepted and sent nothing",
};

export const SENDER_ATTENTIONS = { unregistered: "not registered", disconnected: "not connected", refused: "frames refused", clock: "clock off" };

export const COMMANDS = {
  "recall-minutes": "recall minute data", "recall-hours": "recall hourly data", "recall-days": "recall daily data", "set-time": "set the time", "set-real-time-interval": "set the real-time interval",
  "set-minute-interval": "set the minute interval", "comparison-sample": "comparison sample", "renew-key": "renew the key", adopt: "adopt frames from before registration",
};

export const COMMAND_STATES = { queued: "waits for the connection", sent: "sent", accepted: "accepted by the device", executed: "executed", refused: "refused by the device", failed: "failed", "timed-out": "no answer in time" };

export const VERDICTS = { right: "right", wrong: "wrong", absent: "no check code", none: "no check code" };

export const READING_FLAGS = {
  N: "normal", F: "stopped", M: "maintenance", S: "by hand", D: "fault", C: "calibration", T: "above the limit", B: "communication fault", O: "out of range", P: "power failure", L: "below detection",
};

export const LIMIT_BASES = { national: "national standard", local: "local standard", permit: "pollution permit", plan: "action plan", "ultra-low": "ultra-low emission" };

export const CONDUCTS = {
  exceedance: "exceedance",
  evasion: "evasion of supervision",
  "monitoring-duty": "duty to monitor",
  "false-mark": "false mark",
  emergency: "emergency response",
  law: "other duties by law",
};
