export const ENTITY_WORDS = {
  name: "Name", division_code: "Division code", industry: "Industry", credit_code: "Unified social credit code", grade: "Performance grade", list_types: "On lists", park: "Park", permit_no: "Permit number",
  longitude: "Longitude", latitude: "Latitude", contacts: "Contacts (JSON)", enterprise_id: "Enterprise", kind: "Kind", outlet: "Outlet", process: "Technique", existing: "Existing source",
  special_region: "Special limits apply", commitment: "Commitment", city_code: "City code", conditions: "Conditions", source_id: "Source", protocol: "Protocol", record_kind: "Kind of record",
  password: "Password (empty: unchanged)", real_time_interval_seconds: "Real-time interval (seconds)", minute_interval_minutes: "Interval of minute data (minutes)", sends_hours: "Sends hourly data",
  period_labelled_by_end: "Periods are labelled by their end", factor_codes: "Factor codes (JSON)", units: "Units (JSON)", period_label: "Label of the period", terminal_chip: "Terminal chip (on file)", terminal_key: "Public key of the chip (128 hexadecimal digits)", factor: "Factor code", value: "Limit",
  reference_oxygen_percent: "Reference oxygen (%)", basis: "Basis", clause: "Standard and clause", averaging: "Averaging", start_ms: "From", end_ms: "Until", reason: "Reason", webhook_url: "Webhook address",
  webhook_secret_name: "Name of the webhook's secret", event_kinds: "Events received", team_id: "Team", shifts: "Shifts (JSON)", product: "Product", capacity: "Capacity", capacity_unit: "Unit of the capacity",
  interruptible: "Can be interrupted", warm_up_hours: "Warm-up hours", process_id: "Process", technique: "Technique", vendor: "Vendor", simple: "Simple and inefficient", plate: "Number plate", fuel: "Fuel", stage: "Emission stage",
  environmental_code: "Environmental code", machine_type: "Type of machine", place: "Place", seal_no: "Seal number", sealed_ms: "Sealed at", flow_source_id: "Source of the flow", issued_by: "Issued by",
  expires_ms: "Expires", duty: "Duty", phone: "Phone", parent_code: "Code above", successor_code: "Code that follows", rule_id: "Rule", owner: "Owner", measure: "Measure", allowed_share: "Allowed share",
  base_version: "Version of the catalogue", number: "Number", values: "Parameters (JSON)", from_ms: "From", to_ms: "Until", replay_id: "Replay", replay_sha256: "Digest of the replay",
  model: "Maker and model", serial_no: "Serial number", measures: "Measures", calibrated_ms: "Calibrated at", calibration_due_ms: "Calibration ends", certificate_no: "Calibration certificate",
  warning_id: "Warning", level: "Level", declared_ms: "Declared at",
};

export const VALUE_WORDS = {
  outlet: "outlet", station: "air station", vehicle: "vehicle", meter: "power meter", gate: "gate", device: "device", hj212: "HJ 212", records: "records", national: "national standard", local: "local standard",
  permit: "pollution permit", plan: "action plan", "ultra-low": "ultra-low emission", hour: "hour", day: "day", spot: "instant", stopped: "stopped", "start-up": "start-up", shutdown: "shutdown", fault: "fault",
  calibration: "calibration", maintenance: "maintenance", yellow: "yellow", orange: "orange", red: "red", limit: "limit", stop: "stop", leading: "leading", "non-leading": "not leading", ungraded: "not graded", start: "start", end: "end", dust: "dust", dustfall: "dustfall", fire: "satellite fire spot", "power-meter": "power",
  diesel: "diesel", petrol: "petrol", gas: "gas", electric: "electric", hybrid: "hybrid", hydrogen: "hydrogen", "key-pollutant": "key polluter", positive: "positive list", guarantee: "essential services", small: "small or micro",
};
