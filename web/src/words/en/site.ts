// What an inspection looks at, doubts about evidence, clocks and their ladder.
/** Where an inspection was begun, against where the registry places it. */
export const PLACES = {
  inside: "at the registered place",
  outside: "away from the registered place",
  "no-site": "no coordinates in the registry, the place can not be judged",
  "no-position": "no position given",
  mobile: "a vehicle, judged by no place",
};

export const PLACE_FLAGS = {
  "outside-fence": "inspected away from the registered place",
  "registry-no-site": "no coordinates in the registry, the place can not be judged",
  "no-position": "no position given",
  "position-coarse": "the position may be wrong by more than the fence",
};

/** Answers to an item of a check list. */
export const FOUND = { problem: "problem", none: "no problem", "not-applicable": "not applicable" };

export const DOUBTS = {
  "no-place": "neither photo nor phone has a position",
  "outside-fence": "taken outside the fence of the enterprise",
  "places-differ": "positions of photo and phone differ",
  "registry-no-site": "no coordinates in the registry, the place could not be judged",
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
