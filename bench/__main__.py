"""`make bench`; words after it choose subjects: rules, fragment, browser."""

import signal
import sys
from collections.abc import Callable, Iterator, Sequence

from bench import browser, fragment, rules
from bench.figures import Figure
from bench.peer import Peer
from bench.report import exit_status, write_latest
from bench.server import serve

SUBJECTS = ("rules", "fragment", "browser")


def main(arguments: Sequence[str]) -> int:
    """Measure, tell each figure as soon as it is known, and keep them; 1 when one is short."""
    unknown = set(arguments) - set(SUBJECTS)
    if unknown:
        sys.stderr.write(f"知らない項目です: {' '.join(sorted(unknown))}(選べるもの: {' '.join(SUBJECTS)})\n")
        return 2
    # Ended from outside, it still ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    figures = []
    for figure in measure(arguments or SUBJECTS):
        print(figure, flush=True)
        figures.append(figure)
    write_latest(figures)
    return exit_status(figures)


def measure(subjects: Sequence[str]) -> Iterator[Figure]:
    """The figures, in the order of SUBJECTS."""
    if "rules" in subjects:
        with Peer() as peer:
            yield from rules.measure(peer)
    served: dict[str, Callable[..., list[Figure]]] = {
        "fragment": fragment.measure,
        "browser": browser.measure,
    }
    if served.keys() & set(subjects):
        with serve() as visit:
            for name, take in served.items():
                if name in subjects:
                    yield from take(visit)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
