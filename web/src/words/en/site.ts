// What an inspection looks at, doubts about evidence, clocks and their ladder.
export const CHECKS = {
  papers: "Warrant cards shown, two or more officers there",
  identity: "Name of the enterprise, permit and number of the outlet compared",
  treatment: "Treatment equipment running? Key parameters written down",
  situation: "The situation on site written down",
  minutes: "Minute values and working conditions of the period taken",
  settings: "Reference oxygen, conversion and range settings checked",
  portable: "Portable analyser compared with the online values",
  calibrations: "Log book and calibration records seen",
  logger: "Data logger: power, network and lamps seen",
  outages: "Records of power and network outages seen",
  "stored-data": "Locally stored data taken",
  "marks-and-care": "Marks of the enterprise and maintenance records compared",
  seal: "Industrial computer and data logger sealed",
  "sampling-line": "Sampling line checked for dilution and blocking",
  "filed-parameters": "Parameters compared with those on file",
  "curves-and-logs": "Historical curves and operation logs copied",
  valves: "Bypass valves and seal numbers seen",
  "bypass-flow": "Temperature and flow of the bypass seen",
  "last-opened": "Records and reports of the last opening seen",
  power: "Power of production and of treatment equipment compared",
  reagents: "Use and stock of reagents seen",
  dcs: "DCS curves seen",
  measures: "Emergency measures carried out?",
  "stopped-processes": "Processes to be stopped or limited, and their power, checked",
  vehicles: "Log of vehicles in and out seen",
  "fire-place": "Place and extent of the fire confirmed",
  "fire-out": "The fire is out",
  "fire-owner": "Plot and person responsible found",
  "bare-soil": "Bare soil covered",
  wetting: "Wet working and spraying",
  "vehicle-washing": "Vehicles washed",
  fences: "Fences and road cleaning",
};

export const DOUBTS = {
  "no-place": "neither photo nor phone has a position",
  "outside-fence": "taken outside the fence of the enterprise",
  "places-differ": "positions of photo and phone differ",
  "no-time": "the photo has no time",
  "taken-ahead": "taken later than received",
  "taken-long-ago": "taken long ago",
  "times-differ": "times of photo and phone differ",
  "seen-before": "like a photo of another issue",
  "same-photo": "like another photo of this issue",
};

export const CLOCKS = {
  assign: "Assignment",
  receipt: "Acknowledgement",
  plan: "Rectification plan",
  "plan-review": "Review of the plan",
  rectify: "Rectification",
  verify: "Verification",
  "verify-province": "Verification by the province",
  notice: "Publication",
  recheck: "Recheck",
  screen: "Screening",
  inspect: "Inspection on site",
};

export const LADDER = {
  urge: "Urging",
  supervise: "Supervision",
  "listed-supervision": "Listed supervision",
  "summons-list": "On the list of summons",
  "not-received": "Not acknowledged in time",
};

export const AIR_LEVELS = { yellow: "Yellow warning", orange: "Orange warning", red: "Red warning" };

export const OWN_CHANNELS = { email: "E-mail", sms: "Text message" };

export const FRAME_COMMANDS = {
  "2011": "Real-time data",
  "2051": "Minute data",
  "2061": "Hourly data",
  "2031": "Daily data",
  "2041": "Daily running time of treatment equipment",
  "3019": "Device information",
  "3020": "Device parameters",
  "9014": "Answer",
};

export const LETTER_STATES = { open: "open", replayed: "re-injected", fixed: "mended and injected", discarded: "discarded" };

export const LETTER_ACTIONS = { replay: "Re-inject as it is", fix: "Mend and inject", discard: "Discard" };

export const LETTER_EFFECTS = {
  replay: "The record is written as it is to the end of its partition; only the consumer group that gave it up handles it again. For when the service has been fixed.",
  fix: "The changed content is written to the end of the partition, the original stays among the dead letters, and the decision holds the hashes of both.",
  discard: "The record is not handled any more. It stays with the decision in the topic of dead letters and is not deleted.",
};

export const LETTER_REASONS = {
  undecodable: "The content cannot be decoded",
  invalid: "The content breaks the contract",
  "handler-error": "Error in handling",
  "unknown-contract": "Unknown contract",
};
