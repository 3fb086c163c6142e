"""Routes: exact before patterns, names that fill the model's path, and nothing that climbs out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.proxy.routing import RouteTable, filled, with_query

TABLE = RouteTable(
    [
        ("/jobs/{id}", "job"),
        ("/jobs/latest", "latest"),
        ("/jobs/{id}/parts/{part}", "part"),
        ("/files/*", "files"),
        ("/plain.txt", "plain"),
    ]
)


@pytest.mark.parametrize(
    ("path", "target", "names"),
    [
        ("/jobs/latest", "latest", {}),
        ("/jobs/7", "job", {"id": "7"}),
        ("/jobs/7/parts/b c", "part", {"id": "7", "part": "b c"}),
        ("/files/a/b.png", "files", {"*": "a/b.png"}),
        ("/files/", "files", {"*": ""}),
        ("/files/a\nb", "files", {"*": "a\nb"}),
        ("/plain.txt", "plain", {}),
    ],
)
def test_a_path_finds_its_route(path: str, target: str, names: dict[str, str]) -> None:
    found = TABLE.find(path)
    assert found is not None
    assert (found.target, found.names) == (target, names)


@pytest.mark.parametrize(
    "path", ["/jobs", "/jobs/", "/jobs/7/parts", "/plainxtxt", "/files", "/files/../secret", ""]
)
def test_what_matches_nothing_is_nothing(path: str) -> None:
    assert TABLE.find(path) is None


@pytest.mark.parametrize("routes", [["/a", "/a"], ["/{x}/{x}"]])
def test_a_route_twice_or_a_name_twice_is_refused(routes: list[str]) -> None:
    with pytest.raises(ValueError, match=r"route /"):
        RouteTable((route, 0) for route in routes)


@given(st.text(alphabet=st.characters(exclude_characters="/"), min_size=1))
def test_a_segment_comes_out_as_it_went_in(segment: str) -> None:
    found = TABLE.find(f"/jobs/{segment}")
    if segment in {"latest", ".."}:
        return
    assert found is not None
    assert filled("/v2/{id}/state", found.names) == f"/v2/{segment}/state"


@given(st.text())
def test_a_path_for_a_request_line_is_one_word_of_ascii(path: str) -> None:
    try:
        path.encode()
    except UnicodeEncodeError:
        return
    written = with_query(f"/{path}", b"a=1")
    assert written.isascii()
    assert written.isprintable()
    assert " " not in written
    assert written.split("?")[1:] == ["a=1"]
