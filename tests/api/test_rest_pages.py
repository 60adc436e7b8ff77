"""Pages and their images over HTTP."""

import httpx
import pytest

from tests.api.rest_client import check_problem

PNG = b"\x89PNG\r\n\x1a\n"


def width_of(png: bytes) -> int:
    """From the PNG's header."""
    assert png.startswith(PNG)
    return int.from_bytes(png[16:20], "big")


def test_a_page_is_listed_and_read_with_boxes(client: httpx.Client, report: str) -> None:
    listed = client.get(f"/v1/documents/{report}/pages", params={"limit": 2}).json()
    assert [page["number"] for page in listed["items"]] == [1, 2]
    rest = client.get(f"/v1/documents/{report}/pages", params={"cursor": listed["next"]}).json()
    assert ([page["number"] for page in rest["items"]], rest["next"]) == ([3], None)
    page = client.get(f"/v1/documents/{report}/pages/1").json()
    assert (page["number"], page["source"]) == (1, "text_layer")
    words = {word[0]: word[1] for word in page["words"]}
    left, top, right, bottom = words["Nordwind"]
    assert 0 <= left < right <= page["width"]
    assert 0 <= top < bottom <= page["height"]


def test_an_image_has_the_width_asked_for_and_is_cached(client: httpx.Client, report: str) -> None:
    path = f"/v1/documents/{report}/pages/1/image"
    first = client.get(path, params={"width": 300})
    assert (first.status_code, first.headers["content-type"]) == (200, "image/png")
    assert width_of(first.content) == 300
    assert "private" in first.headers["cache-control"]
    tag = first.headers["etag"]
    again = client.get(path, params={"width": 300}, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = client.get(path, params={"width": 301}, headers={"If-None-Match": tag})
    assert (other.status_code, width_of(other.content)) == (200, 301)
    assert client.get(f"/v1/documents/{report}/pages/2/image?width=300").headers["etag"] != tag


def height_of(png: bytes) -> int:
    """From the PNG's header."""
    return int.from_bytes(png[20:24], "big")


def test_a_block_or_a_box_can_be_cropped_to(client: httpx.Client, report: str) -> None:
    path = f"/v1/documents/{report}/pages/1/image"
    x0, y0, x1, y1 = client.get(f"/v1/documents/{report}/pages/1").json()["blocks"][0]["box"]
    block = client.get(path, params={"width": 400, "block": 0})
    assert block.status_code == 200
    assert abs(width_of(block.content) - 400) <= 1, "whole pixels of the page"
    # The box with half a line around it.
    assert height_of(block.content) == pytest.approx(400 * (y1 - y0 + 12) / (x1 - x0 + 12), abs=4)
    same = client.get(path, params={"width": 400, "box": f"{x0},{y0},{x1},{y1}"})
    assert (same.content, same.headers["etag"]) == (block.content, block.headers["etag"])
    assert client.get(path, params={"width": 400}).headers["etag"] != block.headers["etag"]
    again = client.get(path, params={"width": 400, "block": 0}, headers={"If-None-Match": block.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("crop", "said"),
    [
        ({"box": "1,2,3"}, "x0,y0,x1,y1"),
        ({"box": "1,2,x,4"}, "x0,y0,x1,y1"),
        ({"box": "1,2,nan,4"}, "x0 < x1"),
        ({"box": "30,2,10,4"}, "x0 < x1"),
        ({"box": "5000,5000,5100,5100"}, "outside the page"),
        ({"box": "0,0,10,10", "block": "0"}, "one of them"),
        ({"block": "-1"}, "block"),
        ({"block": "first"}, "block"),
    ],
)
def test_a_crop_that_cannot_be_is_refused(client: httpx.Client, report: str, crop: dict[str, str], said: str) -> None:
    response = client.get(f"/v1/documents/{report}/pages/1/image", params=crop)
    assert said in check_problem(response, 422, "invalid-input")["detail"]


def test_a_block_that_is_not_there_is_not_found(client: httpx.Client, report: str) -> None:
    response = client.get(f"/v1/documents/{report}/pages/1/image", params={"block": 40})
    assert "there is no block 40" in check_problem(response, 404, "not-found")["detail"]


@pytest.mark.parametrize("width", [-1, 0, 15, 4001, 10**30])
def test_a_width_out_of_bounds_names_the_bounds(client: httpx.Client, report: str, width: int) -> None:
    response = client.get(f"/v1/documents/{report}/pages/1/image", params={"width": width})
    detail = check_problem(response, 422, "invalid-input")["detail"]
    assert "width" in detail
    if abs(width) < 2**62:
        assert "16 to 4000" in detail


@pytest.mark.parametrize("number", ["0", "4", "-1", str(2**31), str(10**30)])
@pytest.mark.parametrize("suffix", ["", "/image"])
def test_a_page_that_is_not_there_is_not_found(client: httpx.Client, report: str, number: str, suffix: str) -> None:
    check_problem(client.get(f"/v1/documents/{report}/pages/{number}{suffix}"), 404, "not-found")


def test_a_page_must_be_a_number(client: httpx.Client, report: str) -> None:
    check_problem(client.get(f"/v1/documents/{report}/pages/one"), 404, "no-such-route")


@pytest.mark.parametrize("path", ["", "/pages", "/pages/1", "/pages/1/image"])
def test_an_unknown_document_is_not_found(client: httpx.Client, path: str) -> None:
    assert "doc_unknown" in check_problem(client.get(f"/v1/documents/doc_unknown{path}"), 404, "not-found")["detail"]
