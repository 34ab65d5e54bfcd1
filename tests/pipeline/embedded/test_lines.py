from pipeline.embedded.lines import Lines


def test_output_is_cut_into_lines_however_it_comes() -> None:
    heard: list[str] = []
    lines = Lines(heard.append)
    lines.data_received(b"one\ntw")
    lines.data_received(b"o\r\nthr")
    lines.connection_lost(None)
    assert heard == ["one", "two", "thr"]
    assert list(lines.last) == heard
    assert lines.closed.is_set()


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    heard: list[str] = []
    lines = Lines(heard.append)
    for _ in range(3):
        lines.data_received(b"x" * 40_000)
    assert [len(line) for line in heard] == [80_000]


def test_what_is_no_utf8_is_still_shown() -> None:
    heard: list[str] = []
    Lines(heard.append).data_received(b"caf\xe9\n")
    assert heard == ["caf\N{REPLACEMENT CHARACTER}"]
