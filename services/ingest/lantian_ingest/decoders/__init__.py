"""Decoders: bytes of a protocol to frames, frames to readings. Pure: no clock, no network, no store."""
