"""Names of what is unusual in a vehicle's frame, why a frame is refused, and how sure the layouts are."""

from enum import IntEnum, StrEnum


class Quirk(StrEnum):
    """A departure that was accepted; counted once a frame."""

    # Envelope
    TILDE_MARK = "tilde-mark"  # ~~ before a terminal's own header, as in an early draft of HJ 1239
    VIN_SHAPE = "vin-shape"  # not 17 letters and digits without I, O, Q
    ENCRYPTION_ZERO = "encryption-zero"  # 00 for 01, no encryption
    PLAIN_DESPITE_CODE = "plain-despite-code"  # says encrypted, abnormal or invalid, and reads as plain text
    ENCRYPTED = "encrypted"  # the data unit can not be read without a key
    UNKNOWN_ANSWER = "unknown-answer"
    # Session
    TIME_UNREADABLE = "time-unreadable"
    ICCID_SHAPE = "iccid-shape"  # not 20 digits
    CODES_MISSING = "codes-missing"  # login without the list of battery codes
    EXTRA_BYTES = "extra-bytes"  # after the end of the data unit
    ANSWER_WITHOUT_TIME = "answer-without-time"
    # Real-time data
    EMPTY = "empty"  # a time and no block
    AMBIGUOUS_DIALECT = "ambiguous-dialect"  # reads as more than one dialect; the known, then the first one is taken
    OTHER_DIALECT = "other-dialect"  # not the one this sender used before
    FOREIGN_BLOCKS = "foreign-blocks"  # emission blocks of HJ 1239 in the envelope of GB/T 32960
    BLOCK_TIME_ZERO = "block-time-zero"  # the frame's time is taken
    UNKNOWN_BLOCK = "unknown-block"  # passed over by its own length, or the reason for the next
    PARTLY_READ = "partly-read"  # the blocks do not fill the data unit: kept, but no readings
    SIGNATURE_NOT_LAST = "signature-not-last"
    OEM_BLOCK = "oem-block"
    UNCONFIRMED_BLOCK = "unconfirmed-block"  # layout not certain enough for readings
    DOUBTFUL_LAYOUT = "doubtful-layout"  # same length as the block of a draft, and its values are not plausible
    SIGNED = "signed"  # the signature is kept, not verified
    # Diagnosis
    CVN_BINARY = "cvn-binary"  # raw bytes instead of text
    ECU_VIN_DIFFERS = "ecu-vin-differs"
    ECU_VIN_BLANK = "ecu-vin-blank"
    LAMP_CONTRADICTS_CODES = "lamp-contradicts-codes"  # a trouble code asks for the lamp, the lamp is off
    POSITION_STATUS = "position-status"  # bits that have no meaning


class Reason(StrEnum):
    """Why bytes are refused."""

    WRONG_CHECK = "wrong-check"  # as long as declared, check byte wrong
    WRONG_LENGTH = "wrong-length"  # check byte right at another end than the declared one
    INCOMPLETE = "incomplete"  # ends, or the next frame starts, before the declared end
    TOO_LARGE = "too-large"  # declares more than the limit; the header only, the rest is garbage
    NO_FRAME = "no-frame"  # bytes without a header
    COMMAND = "command"  # a command that is not read
    DATA_UNIT = "data-unit"  # shorter than its command needs
    LAYOUT = "layout"  # blocks that fit no dialect exactly
    TIME = "time"  # real-time data without a readable time


class DecodeError(ValueError):
    """The only error of this folder; `reason` is a Reason."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason


class Confidence(IntEnum):
    """How sure a layout is; higher is surer. Below SINGLE nothing becomes a reading."""

    UNVERIFIED = 0  # recalled or contradicted
    SINGLE = 1  # one implementation
    CONFIRMED = 2  # two or more independent ones, or a real frame read to the byte


class Gap(StrEnum):
    """Why a field is no reading."""

    NOT_AVAILABLE = "not-available"  # all ones
    ERROR = "error"  # sensor error: FE
    RESERVED = "reserved"  # FB to FD of SAE J1939
    SENSOR_OFF = "sensor-off"  # NOx raw 0, i.e. -200 ppm: never initialised
    NO_POSITION = "no-position"  # the receiver says that the position is not valid
    OUT_OF_RANGE = "out-of-range"
    UNCONFIRMED = "unconfirmed"
