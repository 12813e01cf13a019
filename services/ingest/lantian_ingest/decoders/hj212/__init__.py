"""HJ 212 污染物在线监控系统数据传输标准: editions 2005 and 2017, and unencrypted packets of 2025."""
