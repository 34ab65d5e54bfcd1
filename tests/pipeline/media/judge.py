"""Looks at the picture on its standard input as the pipeline does, with so many seconds of the processor."""

import resource
import sys
import time

from pipeline.errors import OutputBroken
from pipeline.media.picture import examine
from pipeline.media.svg import clean_svg


def main(cpu_seconds: int) -> None:
    """Print the seconds that it took and the verdict; end by SIGXCPU when there were not enough."""
    data = sys.stdin.buffer.read()
    began = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (int(began) + 1 + cpu_seconds, resource.RLIM_INFINITY))
    look = clean_svg if data.startswith(b"<") else examine
    try:
        look(data)
        verdict = "kept"
    except OutputBroken as error:
        verdict = str(error)
    print(f"{time.process_time() - began:.3f} {verdict}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
