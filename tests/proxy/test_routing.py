"""Routes: exact before patterns, names that fill the model's path, and nothing that climbs out."""

from urllib.parse import unquote

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


# Of decoded paths, which have no halves of surrogate pairs.
SIGNS = st.characters(exclude_characters="/", exclude_categories=("Cs",))


@given(st.text(alphabet=SIGNS, min_size=1))
def test_a_segment_comes_out_as_it_went_in(segment: str) -> None:
    found = TABLE.find(f"/jobs/{segment}")
    if segment in {"latest", ".."}:
        return
    assert found is not None
    written = with_query(filled("/v2/{id}/state", found.names), b"")
    assert unquote(written) == f"/v2/{segment}/state"


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/files/%2e%2e/secret", "/v2/%252e%252e/secret"),
        ("/files/a%2Fb", "/v2/a%252Fb"),
        ("/files/a?b#c", "/v2/a%3Fb%23c"),
        ("/files/a b/é.png", "/v2/a%20b/%C3%A9.png"),
    ],
)
def test_what_was_decoded_once_is_encoded_once(path: str, written: str) -> None:
    """Else a model server that decodes again would see a path that climbs."""
    found = TABLE.find(path)
    assert found is not None
    assert with_query(filled("/v2/*", found.names), b"") == written


def test_what_a_definition_has_encoded_stays_so() -> None:
    assert with_query(filled("/a%20b/{id}", {"id": "7"}), b"") == "/a%20b/7"


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
