"""What is wrong with an input, as pydantic found it, in both languages. The value is never told: it may be secret."""

from collections.abc import Mapping
from typing import Any

from lantian_proto.both import Both, chinese, said

WORDS: Mapping[str, str] = {
    "missing": "必填",
    "extra_forbidden": "多出了不需要的内容",
    "string_type": "应为文字",
    "string_too_short": "至少{min_length}个字",
    "string_too_long": "最多{max_length}个字",
    "string_pattern_mismatch": "格式不符",
    "string_unicode": "文字编码有误",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "数字过大",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "bool_type": "应为是或否",
    "bool_parsing": "应为是或否",
    "greater_than": "应大于{gt}",
    "greater_than_equal": "不小于{ge}",
    "less_than": "应小于{lt}",
    "less_than_equal": "不大于{le}",
    "multiple_of": "应为{multiple_of}的倍数",
    "enum": "应为以下之一：{expected}",
    "literal_error": "应为以下之一：{expected}",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "too_short": "至少{min_length}项",
    "too_long": "最多{max_length}项",
    "json_invalid": "不是 JSON",
    "none_required": "应为空",
    "date_type": "应为日期",
    "date_parsing": "应为日期（年-月-日）",
    "date_from_datetime_parsing": "应为日期（年-月-日）",
    "date_from_datetime_inexact": "应为日期（年-月-日）",
}
"""By pydantic's type of error, filled with its context."""
UNKNOWN = "填写有误"


def mistake(error: Mapping[str, Any]) -> Both:
    """One row of `ValidationError.errors()`."""
    context: Mapping[str, Any] = error.get("ctx", {})
    raised = context.get("error")
    if isinstance(raised, Exception):
        text = said(raised)
        return Both(text, chinese(text) or text)
    return Both(str(error["msg"]), WORDS.get(str(error["type"]), UNKNOWN).format_map(context))
