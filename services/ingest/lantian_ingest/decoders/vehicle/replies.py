"""What a platform answers a vehicle. The time of the answer is given by the caller; nothing is sent from here."""

from dataclasses import replace
from typing import Final

from lantian_ingest.decoders.vehicle.decode import COMMANDS, Command
from lantian_ingest.decoders.vehicle.envelope import COMMAND_FLAG, PLAIN, Answer, Envelope, Protocol, build
from lantian_ingest.decoders.vehicle.times import TIME_BYTES, instant_ms, six_bytes

ACTIVATION_ANSWERS: Final = {Protocol.GB17691: 8, Protocol.GBT32960_2025: 10}
_NOT_ECHOED: Final = frozenset({Command.ACTIVATION, Command.ACTIVATION_ANSWER, Command.KEY_EXCHANGE})


def reply(request: Envelope, now_ms: int, answer: Answer = Answer.OK, *, echo: bool = False) -> bytes | None:
    """The answer to a frame, None where the protocol has none.

    GB/T 32960 and the platform link: the same command with the flag and the frame's own time; heartbeat without time;
    time calibration with `now_ms`. GB 17691 answers nothing but time synchronisation; some terminals of HJ 1239 want
    every command back (one source, what is in it is not certain): `echo` turns that on. Answers are not answered, nor
    what could not be decrypted. Activation is answered by `activation_reply`.
    """
    command = COMMANDS[request.protocol].get(request.command)
    if not request.is_command or command is None or command in _NOT_ECHOED:
        return None
    time = request.data[:TIME_BYTES]
    if command is Command.TIME:
        if request.data:
            return None  # the time itself, on its way down
        time = six_bytes(now_ms)
    elif command is Command.HEARTBEAT:
        time = b""
    elif instant_ms(time) is None or (request.answer is None and not echo):
        return None
    flag = None if request.answer is None else int(answer)
    return build(replace(request, answer=flag, encryption=PLAIN, data=time))


def activation_reply(request: Envelope, status: int, cause: int = 0) -> bytes:
    """Answer to an activation 备案: status 1 done; 2 failed with cause 1 chip known, 2 VIN wrong, 3 other.

    Raises ValueError where the protocol has no activation.
    """
    command = ACTIVATION_ANSWERS.get(request.protocol)
    if command is None:
        raise ValueError(f"no activation in {request.protocol}")
    flag = None if request.answer is None else COMMAND_FLAG
    return build(replace(request, command=command, answer=flag, encryption=PLAIN, data=bytes([status, cause])))
