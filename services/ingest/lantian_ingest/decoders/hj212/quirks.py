"""Names of everything in which real senders leave the standard and are understood all the same.

A quirk is counted once a frame and never stops a frame by itself.
"""

from enum import StrEnum


class Quirk(StrEnum):
    """A departure from HJ 212-2017 (clause in the comment) that was accepted."""

    # Frame, 6.3.1 and appendix A
    NO_LINE_END = "no-line-end"  # the frame does not end with CR LF
    WRONG_LENGTH = "wrong-length"  # the four digits are not the length of the segment
    ODD_HEADER = "odd-header"  # not four digits: three, eight, or a template such as XXXX
    LONG_SEGMENT = "long-segment"  # more than 1024 bytes
    LOWER_CASE_CHECK = "lower-case-check"
    NO_CHECK = "no-check"  # no check code at all
    CHECK_BYTES_SWAPPED = "check-bytes-swapped"
    CHECK_MODBUS = "check-modbus"
    CHECK_MODBUS_SWAPPED = "check-modbus-swapped"
    CHECK_WITHOUT_END = "check-without-end"  # computed without the last &&
    # Head of the segment, 6.3.2
    QN_MISSING = "qn-missing"
    QN_SHAPE = "qn-shape"  # not 17 digits
    ST_MISSING = "st-missing"
    PASSWORD_MISSING = "password-missing"
    MN_MISSING = "mn-missing"
    MN_SHAPE = "mn-shape"  # not 24 hexadecimal digits, in 2005 not 14 characters
    FLAG_MISSING = "flag-missing"
    FLAG_UNREADABLE = "flag-unreadable"
    FLAG_BEFORE_ITS_EDITION = "flag-before-its-edition"  # version 2 before 2026 or in surface water: read as 2017
    PACKET_NUMBER_MISSING = "packet-number-missing"  # flag says sub-packet, PNUM or PNO is not there
    PACKET_FLAG_MISSING = "packet-flag-missing"  # PNUM or PNO without the flag's bit
    FIELD_ORDER = "field-order"
    UNKNOWN_HEAD_FIELD = "unknown-head-field"
    COMMA_IN_HEAD = "comma-in-head"
    MISSING_SEPARATOR = "missing-separator"  # Flag=5CP=
    # Both
    NAME_CASE = "name-case"  # FLAG, DATATIME
    BLANKS = "blanks"  # around && = ; ,
    STRAY_SEPARATOR = "stray-separator"
    TRAILING_SEPARATOR = "trailing-separator"
    UNREADABLE_FIELD = "unreadable-field"  # a field without =
    DUPLICATE_KEY = "duplicate-key"  # the first counts, all are kept
    # Data area, 6.3.3
    TEXT_AFTER_END = "text-after-end"  # between the last && and the check code
    SEPARATOR_MIXED = "separator-mixed"  # comma between items, semicolon inside one
    DATA_TIME_LONG = "data-time-long"  # 15 to 17 digits
    DATA_TIME_RANGE = "data-time-range"  # start-end: the start counts
    DATA_TIME_MISSING = "data-time-missing"
    DATA_TIME_UNREADABLE = "data-time-unreadable"
    SUFFIX_TYPO = "suffix-typo"  # LA-td
    UNKNOWN_SUFFIX = "unknown-suffix"
    BARE_NAME = "bare-name"  # Operation=1
    UNUSED_FIELD = "unused-field"  # ZsCou; DayData and NightData of others than Leq: no reading
    UNKNOWN_FACTOR = "unknown-factor"
    CODE_LETTER_MISSING = "code-letter-missing"  # 01018 for w01018
    VENDOR_NAME = "vendor-name"  # PM25 for a34004
    ONE_FLAG_FOR_ALL = "one-flag-for-all"
    FLAG_CASE = "flag-case"  # n for N
    FLAG_OF_OTHER_EDITION = "flag-of-other-edition"  # P of 2005 in a later packet: kept, with the edition beside it
    UNKNOWN_FLAG = "unknown-flag"  # the reading carries a question mark
    NO_VALUE = "no-value"  # empty, null, --
    NOT_A_NUMBER = "not-a-number"  # NaN, inf
    OUT_OF_RANGE = "out-of-range"  # 1e15 and more
    NUMBER_FORM = "number-form"  # plus sign, exponent, more than 15 characters
    VALUE_RANGE = "value-range"  # 6.90-12.49
    UNREADABLE_VALUE = "unreadable-value"
    # HJ 212-2025
    ENCRYPTED = "encrypted"  # SM4, read with the feed's key
    # What is known of the feed
    PRESSURE_IN_PASCAL = "pressure-in-pascal"  # a01013 and a01017 in Pa instead of kPa: converted
    FLOW_PER_HOUR = "flow-per-hour"  # a00000 in m³/h instead of m³/s: converted
    LABELLED_BY_END = "labelled-by-end"  # DataTime is the end of the period: moved to its start
    # What the pipeline finds
    PACKETS_MISSING = "packets-missing"  # of a set of sub-packets some did not come in time
    REVISED = "revised"  # a second version of a record, with other values
