"""Runs the flow command and tells what memory it took. Linux only."""
from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path


class Run:
    """What a command printed, and the most memory it had: resident, and of that anonymous, in MB. The other part of the resident
    memory is the program itself: files are read and not mapped."""

    def __init__(self, *command: str | Path) -> None:
        start = time.monotonic()
        self.resident = self.anonymous = 0.0
        with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            status = Path(f"/proc/{process.pid}/status")
            while process.poll() is None:
                sizes = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
                # A process that is about to end has no memory any more.
                self.resident = max(self.resident, self._megabytes(sizes, "VmHWM"))
                self.anonymous = max(self.anonymous, self._megabytes(sizes, "RssAnon"))
                time.sleep(0.02)
            self.output = process.stdout.read()
        self.seconds = time.monotonic() - start
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(str(word) for word in command)}\n{self.output}")

    @staticmethod
    def _megabytes(sizes: dict[str, str], name: str) -> float:
        return int(sizes.get(name, "0").split()[0]) * 1024 / 1e6

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.resident:.0f} MB resident at most, {self.anonymous:.0f} MB of it anonymous"


def metrics(run: Path, kind: str) -> list[dict]:
    """The lines of a kind in the metrics of a run."""
    lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [line for line in map(json.loads, lines) if line["kind"] == kind]
