"""Certificates that nobody else has signed, made by the openssl command."""

import subprocess
from pathlib import Path

NAME = "team.example"


def a_certificate(folder: Path, *, expired: bool = False, name: str = NAME, address: bool = False) -> tuple[Path, Path]:
    """Certificate and key for a name, or an address, signed by itself."""
    certificate, key = folder / "team.pem", folder / "team.key"
    common = ["-subj", f"/CN={name}", "-addext", f"subjectAltName={'IP' if address else 'DNS'}:{name}"]
    run(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        *common,
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    )
    if expired:
        run("x509", "-in", str(certificate), "-signkey", str(key), "-days", "-1", "-out", str(certificate))
    return certificate, key


def run(*arguments: str) -> None:
    """openssl, or an error with what it said."""
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
