"""What has been seen is remembered, up to a bound."""

from api.client.seen import Seen


def test_each_version_is_news_once_and_an_older_one_never() -> None:
    seen = Seen()
    assert [seen.is_news("a", version) for version in (1, 2, 2, 1, 4, 3)] == [True, True, False, False, True, False]
    assert seen.is_news("b", 1)
    seen.forget()
    assert seen.is_news("a", 1)


def test_the_longest_unmoved_is_forgotten_first() -> None:
    seen = Seen(remembered=2)
    for id_ in ("a", "b"):
        assert seen.is_news(id_, 1)
    assert seen.is_news("a", 2)
    assert seen.is_news("c", 1)
    assert not seen.is_news("a", 2)
    assert seen.is_news("b", 1)
